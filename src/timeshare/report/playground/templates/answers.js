// What a net says of the two texts: words, columns, numbers.

const opened = new Set(); // nets whose numbers are unfolded
const badge = (side) => make("b", { class: `badge ${side}` }, side.toUpperCase());

function renderNet(net, index, a, b) {
  const who = make("div", { class: "who" }, make("h3", {}, net.name, " ", verdict(a, b)), strip(net), make("p", {}, net.line));
  if (net.extent !== null && Math.max(a.length, b.length) > net.extent) who.append(ruleOf(net, index));
  const fold = () => (opened.has(index) ? opened.delete(index) : opened.add(index));
  const figures = make("details", { open: opened.has(index) },
    make("summary", { onclick: fold }, `${net.name} in numbers`), numbers(net, a, b));
  const cells = [cell(net, index, "a", a), cell(net, index, "b", b)];
  return make("article", { class: "net", "aria-label": net.name }, who, ...cells, figures);
}

function verdict(a, b) {
  const said = (line, kind = "") => make("span", { class: `verdict ${kind}` }, line);
  if (!a.length || !b.length) return null;
  const [one, other] = [a, b].map((steps) => labelOf(steps.at(-1)));
  const { a: truth, b: otherTruth } = shown.truth;
  if (truth === null || otherTruth === null) return said(one === other ? "says the same of both" : "says another thing of each");
  const right = Number(one === truth) + Number(other === otherTruth);
  if (right === 2) return said("is right on both", "right");
  if (right === 1) return said("is right on one alone", "wrong");
  const turned = one === otherTruth && other === truth && truth !== otherTruth;
  return said(turned ? "takes the one for the other" : "is wrong on both", "wrong");
}

/** The weights over time: a shade for each set, or shades that flow into each other. */
function strip(net) {
  const steps = Array.from({ length: Math.min(longest, 16) }, (_, step) => step);
  const ofSet = (step) => (0.5 + 0.618 * net.picks[within(net, step, "hold")]) % 1;
  const flowing = (step) => 0.5 + 0.5 * Math.sin((2 * Math.PI * step) / steps.length);
  const ink = (step) => Math.round(15 + 75 * (net.picks ? ofSet(step) : flowing(step)));
  const shade = (step) => `background: color-mix(in srgb, var(--ink) ${ink(step)}%, var(--ground))`;
  return make("div", { class: "strip", "aria-hidden": "true" }, ...steps.map((step) => make("i", { style: shade(step) })));
}

/** The choice of the weights beyond the extent. */
function ruleOf(net, index) {
  const choice = (rule, label) => {
    const input = make("input", { type: "radio", name: `rule-${index}`, value: rule, checked: rules[index] === rule });
    input.addEventListener("change", () => {
      rules[index] = rule;
      render();
      document.querySelector(`input[name="rule-${index}"]:checked`).focus();
    });
    return make("label", {}, input, ` ${label}`);
  };
  return make("fieldset", {},
    make("legend", {}, `After word ${net.extent} it has the weights`),
    choice("hold", `of word ${net.extent}, again and again`),
    choice("cycle", "of word 1, 2 and so on, again"));
}

/** The answer of a net to a text: its label, and a column after each word. */
function cell(net, index, side, steps) {
  const text = words(side);
  if (!steps.length) return make("div", { class: "cell" }, make("p", { class: "said" }, badge(side)));
  const { probabilities } = steps.at(-1);
  const label = best(probabilities);
  const heard = text.map((word, place) => `${word}: ${spoken(steps[place])}`).join("; ");
  return make("div", { class: "cell", "data-side": side },
    make("p", { class: "said" },
      badge(side),
      make("span", { style: colour(label) }, make("span", { class: "swatch" }), make("strong", {}, classes[label])),
      make("span", { class: "share" }, percent(probabilities[label])),
      markOf(classes[label], shown.truth[side])),
    make("div", { class: "bars", role: "img", tabindex: "0", "aria-label": `After each word. ${heard}` },
      ...text.map((word, place) => column(side, word, place, steps[place]))),
    text.length > longest ? make("p", { class: "past" }, past(net, index, text.length)) : null);
}

function markOf(label, truth) {
  if (truth === null) return null;
  if (label === truth) return make("span", { class: "mark right" }, "✓ right");
  return make("span", { class: "mark wrong" }, `✗ it is ${truth}`);
}

function column(side, word, place, { probabilities }) {
  const ranked = [...probabilities.entries()].filter(([, share]) => share >= 0.005).sort((one, other) => other[1] - one[1]);
  const parts = [...probabilities.entries()].filter(([, share]) => share >= 0.004); // less than half a pixel
  return make("div", {
    class: `word${place >= longest ? " beyond" : ""}${place >= shown.until ? " unread" : ""}`,
    "data-at": `${side}${place}`,
    title: `after ${quoted(word)}: ${ranked.map(([one, share]) => `${classes[one]} ${percent(share)}`).join(", ")}`,
  },
  make("div", { class: "bar" },
    ...parts.map(([one, share]) => make("i", { style: `${colour(one)}; flex-grow: ${share.toFixed(5)}` }))),
  make("span", {}, chip("span", word), isNew(word, place) ? make("i", { class: "new" }) : null));
}

/** What a net does on the words that are more than training ever had. */
function past(net, index, length) {
  const which = length === longest + 1 ? `word ${length}, one` : `words ${longest + 1} to ${length}, ${length - longest} words`;
  let how = "The weights go on as a function of the place.";
  if (net.kind === "shared") how = "The weights are the same as ever.";
  else if (net.extent !== null && rules[index] === "hold") how = `It goes on with the weights of word ${net.extent}.`;
  else if (net.extent !== null) how = "It begins again with the weights of word 1.";
  return `Hatched: ${which} more than training ever had. ${how}`;
}

function numbers(net, a, b) {
  const rows = { a, b };
  const lines = SIDES.flatMap((side) => rows[side].map(({ state, probabilities }, place) => [
    `${side.toUpperCase()} ${place + 1}`,
    words(side)[place],
    ...probabilities.map((share) => share.toFixed(4)),
    ...project(net.plane, state).map((x) => x.toFixed(2)),
  ]));
  return table(
    `${net.name} in numbers`,
    "Probability of each class after each word, and where the state then lies in the plane below",
    ["text, place", "word", ...classes, "x", "y"],
    lines,
  );
}
