// The page: two texts, what each net says of them, and what the reader does.

const button = (label, onclick, pressed = null) => make("button", { type: "button", onclick, "aria-pressed": pressed }, label);

/** Show other texts. */
function set(changes) {
  Object.assign(shown, { truth: { a: null, b: null }, example: null, until: Infinity }, changes);
  for (const side of SIDES) if (at(`text-${side}`).value !== shown[side]) at(`text-${side}`).value = shown[side];
  render();
}

/** Give A a text, and B another order of it. */
function start(text, truth = null, example = null) {
  const [order] = orders(tokenise(text), truth);
  set({ a: text, b: order ? order[1].join(" ") : text, truth: { a: truth, b: order ? order[2] : truth }, example });
}

/** Put phrases at the end of both texts, before a full stop. Those that may be moved leave the class what it was. */
function grow(added) {
  const longer = (side) => {
    const [, text, stop] = /^(.*?)\s*(\.?)$/s.exec(shown[side].trim());
    return [text, ...added].filter(Boolean).join(" ") + stop;
  };
  const kept = added.every((phrase) => content.movable.includes(phrase));
  set({ a: longer("a"), b: longer("b"), truth: kept ? { ...shown.truth } : { a: null, b: null } });
}

// -- what is shown

function answers(index, side) {
  return read(nets[index], held[index], words(side).map(idOf), rules[index]);
}

function render() {
  const said = Object.fromEntries(SIDES.map((side) => [side, nets.map((_, index) => answers(index, side))]));
  renderTexts();
  at("answers").replaceChildren(...nets.map((net, index) => renderNet(net, index, said.a[index], said.b[index])));
  const longer = Math.max(words("a").length, words("b").length, 1);
  at("until").max = longer;
  at("until").value = Math.min(shown.until, longer);
  renderPaths(said);
  fit();
  const heard = (steps) => (steps.length ? spoken(steps.at(-1)) : "nothing");
  const lines = nets.map((net, index) => `${net.name}: ${heard(said.a[index])} for A, ${heard(said.b[index])} for B.`);
  at("status").textContent = lines.join(" ");
}

function renderTexts() {
  at("words-a").replaceChildren(...words("a").map((word) => make("li", {}, chip("span", word))));
  at("words-b").replaceChildren(...words("b").map((word, place, all) => {
    const label = `${word}, word ${place + 1} of ${all.length}`;
    return make("li", {}, chip("button", word, { type: "button", "data-place": place, "aria-label": label }));
  }));
  for (const [place, button] of [...at("examples").children].entries()) {
    button.setAttribute("aria-pressed", String(place === shown.example));
  }

  const text = words("a");
  const isShown = (order) => String(order.join(" ") === words("b").join(" "));
  const reorder = (order, truth = null) => set({ a: shown.a, b: order.join(" "), truth: { a: shown.truth.a, b: truth } });
  at("moves").replaceChildren(
    ...orders(text, shown.truth.a).map(([label, order, truth]) => button(label, () => reorder(order, truth), isShown(order))),
    button("shuffle", () => reorder(shuffled(text))),
    button("as in A", () => set({ a: shown.a, b: shown.a, truth: { a: shown.truth.a, b: shown.truth.a } }), isShown(text)),
  );
  const free = unused(text);
  const next = free.length ? [free[(7 * text.length) % free.length]] : additions(text, text.length);
  const beyond = longest + 1 - text.length;
  at("grow").replaceChildren(
    ...(text.length < content.steps - 8 ? [button(`add ${quoted(next.join(" "))}`, () => grow(next))] : []),
    ...(beyond > 0 ? [button("longer than training ever had", () => grow(additions(text, longest)))] : []),
  );

  at("notes").textContent = notes().join(" ");
}

/** What the reader should know of the two texts. */
function notes() {
  const found = [];
  const moved = SIDES.map((side) => [side, words(side).filter(isNew)]).filter(([, words]) => words.length);
  if (moved.length) {
    const them = (words) => (words.length > 1 ? "them" : "it");
    const places = moved.map(([side, words]) => `${listed(words)} where ${side.toUpperCase()} has ${them(words)}`);
    found.push(`Training never had ${places.join(", nor ")}.`);
  }
  const strange = [...new Set(SIDES.flatMap(words))].filter((word) => !ids.has(word));
  if (strange.length) {
    const one = strange.length > 1 ? "these words, which are all one unknown word" : "this word, which is an unknown one";
    found.push(`${strange.map(quoted).join(", ")}: training never had ${one} to the nets.`);
  }
  if (!alike(words("a"), words("b"))) found.push("B has other words than A.");
  const isCut = SIDES.some((side) => tokenise(shown[side]).length > content.steps);
  if (isCut) found.push(`Only the first ${content.steps} words are read here.`);
  if (!words("a").length) found.push("Type a word to begin.");
  return found;
}

function renderPaths(said) {
  const until = Number(at("until").value);
  at("until-said").textContent = `${until} of ${at("until").max}`;
  at("paths").replaceChildren(...nets.map((net, index) => {
    const [a, b] = [said.a[index], said.b[index]];
    const caption = make("figcaption", {}, net.name, make("small", {}, distance(a, b, until)));
    return make("figure", {}, caption, plane(net, a, b, until));
  }));
}

/** Turn the words of narrow columns, and bring into sight what is chosen. */
function fit() {
  const chosen = document.querySelector('#examples [aria-pressed="true"]');
  if (chosen) at("examples").scrollLeft = chosen.offsetLeft - 16;
  at("answers").classList.remove("narrow");
  const isCut = [...document.querySelectorAll(".word > span")].some((span) => span.scrollWidth > span.clientWidth);
  at("answers").classList.toggle("narrow", isCut);
  for (const bars of document.querySelectorAll(".bars")) bars.scrollLeft = bars.scrollWidth; // the answer is at the end
}

// -- what the reader does

function renderVocabulary() {
  const wanted = at("search").value.trim().toLowerCase();
  const found = [...content.vocabulary].filter((word) => word.toLowerCase().includes(wanted)).sort();
  const most = 600;
  at("found").textContent = found.length > most ? `${most} of ${found.length} words` : `${found.length} words`;
  at("vocabulary").replaceChildren(...found.slice(0, most).map((word) => make("li", {}, button(word, () => grow([word])))));
}

function moveWord(from, to) {
  const order = words("b");
  if (to < 0 || to >= order.length || to === from) return;
  order.splice(to, 0, ...order.splice(from, 1));
  set({ a: shown.a, b: order.join(" "), truth: { a: shown.truth.a, b: null } });
  at("words-b").children[to].firstChild.focus();
}

function listen() {
  at("text-a").addEventListener("input", () => {
    const text = at("text-a").value;
    const order = orders(tokenise(text), null)[0];
    set({ a: text, b: order ? order[1].join(" ") : text });
  });
  at("text-b").addEventListener("input", () => set({ a: shown.a, b: at("text-b").value, truth: { a: shown.truth.a, b: null } }));
  at("search").addEventListener("input", renderVocabulary);
  at("until").addEventListener("input", () => {
    shown.until = Number(at("until").value);
    render();
  });
  const list = at("words-b");
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.dataset.place) return;
    event.preventDefault();
    moveWord(Number(event.target.dataset.place), Number(event.target.dataset.place) + step);
  });
  let from = null;
  list.addEventListener("pointerdown", (event) => {
    from = event.target.dataset?.place ?? null;
    if (from !== null) event.target.classList.add("held");
  });
  window.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = document.elementFromPoint(event.clientX, event.clientY)?.dataset?.place;
    if (to === undefined || to === from) return;
    moveWord(Number(from), Number(to));
    from = to;
    list.children[to].firstChild.classList.add("held");
  });
  const drop = () => {
    from = null;
    for (const word of list.querySelectorAll(".held")) word.classList.remove("held");
  };
  window.addEventListener("pointerup", drop);
  window.addEventListener("pointercancel", drop);
  window.addEventListener("pointerover", (event) => {
    const place = event.target.closest?.("[data-at]")?.dataset.at;
    for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
    if (place) for (const same of document.querySelectorAll(`[data-at="${place}"]`)) same.classList.add("lit");
  });
  window.addEventListener("resize", fit);
}

/** The second of two texts, without the words that both begin with. */
function shortened([one, other]) {
  const [first, second] = [one.split(" "), other.split(" ")];
  const alike = second.findIndex((word, place) => word !== first[place]);
  return alike > 0 ? `… ${second.slice(alike).join(" ")}` : other;
}

function offer() {
  const buttons = content.examples.map(({ texts: [one, other], labels, more }, place) => {
    const longer = `${more === 1 ? "one word" : `${more} words`} more than training ever had`;
    if (!other) return button(longer, () => start(one, labels[0], place));
    const pair = { a: one, b: other, truth: { a: labels[0], b: labels[1] }, example: place };
    return button(`${one} ⇄ ${shortened([one, other])}`, () => set(pair));
  });
  const short = (text) => (text.length > 60 ? `${text.slice(0, 58)} …` : text);
  const samples = content.samples.map(({ text, label }) => [short(text), () => start(text, label)]);
  const hasPair = content.examples.some(({ texts }) => texts.length > 1);
  if (!hasPair) buttons.push(...samples.slice(0, 3).map(([line, press]) => button(line, press)));
  const random = () => samples[Math.floor(Math.random() * samples.length)][1]();
  if (samples.length) buttons.push(button("a random test text", random));
  at("examples").replaceChildren(...buttons);
  const key = (name, one) => make("li", { style: colour(one) }, make("span", { class: "swatch" }), name);
  at("legend").replaceChildren(...classes.map(key));
  at("steps").replaceChildren(...nets.map(heatMap));
  renderVocabulary();
}

/** Begin with the first example on which the nets do not all say the same. */
function begin() {
  const labels = (text) => nets.map((net, index) => labelOf(read(net, held[index], tokenise(text).map(idOf)).at(-1)));
  const split = content.examples.findIndex(({ texts }) => texts.some((text) => new Set(labels(text)).size > 1));
  const first = at("examples").children[Math.max(split, 0)];
  if (first) first.click();
  else start(frequent.slice(0, 4).join(" "));
}

offer();
listen();
begin();
// What the page draws from, for whoever wants the numbers.
window.playground = {
  tokenise,
  read: (index, text, rule = null) => {
    const steps = read(nets[index], held[index], tokenise(text).map(idOf), rule ?? nets[index].beyond);
    return steps.map(({ probabilities }) => probabilities);
  },
};
document.documentElement.dataset.playground = "ready";
