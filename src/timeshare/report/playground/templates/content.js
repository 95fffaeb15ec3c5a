// What the page holds and what all its parts use. Whatever is typed goes in as text, never as markup.
const content = JSON.parse(document.getElementById("content").textContent);
const { classes, longest, nets } = content;
const tokenise = TOKENISERS[content.tokeniser];
const ids = new Map(content.vocabulary.map((word, index) => [word, index + 2]));
const UNKNOWN = 1;
const held = nets.map((net) => unpack(net, classes.length));
// Of each net, the rule beyond its extent: the reader may choose another.
const rules = nets.map((net) => net.beyond);
const SIDES = ["a", "b"];
// The texts as they were typed, and the classes that they have for certain; null: nobody has said.
const shown = { a: "", b: "", truth: { a: null, b: null }, example: null, until: Infinity };

const at = (id) => document.getElementById(id);
const idOf = (word) => ids.get(word) ?? UNKNOWN;
// A bit for each word and place.
const seen = Uint8Array.from(atob(content.places), (character) => character.charCodeAt(0));
/** Whether training had a word, but never at this place. */
const isNew = (word, place) => {
  const bit = (idOf(word) - 2) * longest + place;
  return ids.has(word) && place < longest && !((seen[bit >> 3] >> (bit & 7)) & 1);
};

const words = (side) => tokenise(shown[side]).slice(0, content.steps);
const percent = (share) => `${share > 0.995 && share < 0.9995 ? (100 * share).toFixed(1) : Math.round(100 * share)}%`;
const quoted = (text) => `‘${text}’`;
const listed = (found) => found.map(quoted).join(", ").replace(/, ([^,]*)$/, " or $1");
/** The colour of a class. From the ninth on they are darker, and begin at another, so that like ones are far apart. */
const colour = (index) => {
  const later = Math.floor(index / 8) % 2;
  return `--class: color-mix(in srgb, var(--colour-${(index + 4 * later) % 8}) ${later ? 65 : 100}%, black)`;
};
const best = (shares) => shares.indexOf(Math.max(...shares));
const labelOf = ({ probabilities }) => classes[best(probabilities)];
const spoken = (step) => `${labelOf(step)} ${percent(Math.max(...step.probabilities))}`;
const alike = (one, other) => [...one].sort().join(" ") === [...other].sort().join(" ");

function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "circle", "path", "rect", "text", "title"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A word; one that training never had is marked. */
function chip(tag, word, attributes = {}) {
  const marks = ids.has(word) ? {} : { class: "unknown", title: "training never had this word" };
  return make(tag, { ...attributes, ...marks }, word);
}

/** A table that scrolls in its own box; the first of each row is its name. */
function table(label, caption, columns, rows) {
  const row = ([name, ...values]) =>
    make("tr", {}, make("th", { scope: "row" }, name), ...values.map((value) => make("td", {}, value)));
  return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": label },
    make("table", {},
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...rows.map(row))));
}
