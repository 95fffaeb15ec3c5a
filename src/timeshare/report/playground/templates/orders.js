// What may be done to a text.

const swaps = new Map(Object.entries(content.swaps));
// Words are in the order of how often training had them.
const frequent = [...content.vocabulary.filter((word) => /\p{L}/u.test(word)), ...content.vocabulary].slice(0, 20);

/** [what the button says, the words in their new order, the class they then have for certain]. A full stop stays. */
function orders(whole, truth) {
  const text = whole.at(-1) === "." ? whole.slice(0, -1) : whole;
  const stop = whole.slice(text.length);
  const found = [];
  const said = text.join(" ");
  for (const phrase of content.movable) {
    const size = phrase.split(" ").length;
    if (size >= text.length) continue;
    if (said.startsWith(`${phrase} `)) {
      found.push([`${quoted(phrase)} to the end`, [...text.slice(size), ...text.slice(0, size)], truth]);
    } else if (said.endsWith(` ${phrase}`)) {
      found.push([`${quoted(phrase)} to the front`, [...text.slice(-size), ...text.slice(0, -size)], truth]);
    }
  }
  const swapped = [];
  for (let i = 0; i + 1 < text.length; i += 1) {
    const [one, other] = [text[i], text[i + 1]];
    const [before, after] = [swaps.get(`${one} ${other}`), swaps.get(`${other} ${one}`)];
    if (before === undefined || after === undefined) continue;
    const order = [...text.slice(0, i), other, one, ...text.slice(i + 2)];
    // The class turns only where it is these two words that it hangs on.
    swapped.push([`swap ${quoted(one)} and ${quoted(other)}`, order, truth === before ? after : null]);
  }
  const half = text.length >> 1;
  if (half && !swapped.length && !found.length) {
    found.push(["second half first", [...text.slice(half), ...text.slice(0, half)], null]);
  }
  return [...swapped, ...found.slice(0, 2)].map(([said, order, known]) => [said, [...order, ...stop], known]);
}

/** Phrases that may be moved, and of which a text has no word. */
const unused = (text) => content.movable.filter((phrase) => !phrase.split(" ").some((word) => text.includes(word)));

/** Phrases to put at the end until a text has more than `size` words, or is one phrase longer. */
function additions(text, size) {
  const added = [];
  for (let longer = [...text]; longer.length <= size; longer = [...text, ...added.join(" ").split(" ")]) {
    const room = size + 1 - longer.length;
    const sizeOf = (phrase) => phrase.split(" ").length;
    const free = unused(longer);
    const fits = free.filter((phrase) => sizeOf(phrase) <= room).sort((one, other) => sizeOf(other) - sizeOf(one));
    added.push(fits[0] ?? free[0] ?? frequent[longer.length % frequent.length]);
  }
  return added;
}

function shuffled(text) {
  const order = [...text];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const other = Math.floor(Math.random() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}
