// The page: two texts, what each net says of them, and pictures of why. Whatever is typed goes in as text, never as markup.
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const { classes, longest, nets } = content;
  const tokenise = TOKENISERS[content.tokeniser];
  const ids = new Map(content.vocabulary.map((word, index) => [word, index + 2]));
  const UNKNOWN = 1;
  const held = nets.map((net) => unpack(net, classes.length));
  const rules = nets.map((net) => net.beyond);
  const SIDES = ["a", "b"];
  // The texts as they were typed, and the classes that they have for certain; null: nobody has said.
  const shown = { a: "", b: "", truth: { a: null, b: null }, example: null, until: Infinity };

  const at = (id) => document.getElementById(id);
  const idOf = (word) => ids.get(word) ?? UNKNOWN;
  const seen = Uint8Array.from(atob(content.places), (character) => character.charCodeAt(0));
  /** Whether training had a word, but never at this place. */
  const isNew = (word, place) => {
    const bit = (idOf(word) - 2) * longest + place;
    return ids.has(word) && place < longest && !((seen[bit >> 3] >> (bit & 7)) & 1);
  };
  const words = (side) => tokenise(shown[side]).slice(0, content.steps);
  const percent = (share) => `${share > 0.995 && share < 0.9995 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
  const listed = (found) => found.map(quoted).join(", ").replace(/, ([^,]*)$/, " or $1");
  const quoted = (text) => `‘${text}’`;
  const colour = (index) => `--class: var(--colour-${index % 8})`;
  const best = (shares) => shares.indexOf(Math.max(...shares));
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

  // -- what may be done to a text

  /** [what the button says, the words in their new order, the class they then have for certain]. */
  function orders(text, truth) {
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
      const before = content.swaps[`${one} ${other}`];
      if (!Object.hasOwn(content.swaps, `${one} ${other}`) || !Object.hasOwn(content.swaps, `${other} ${one}`)) continue;
      const order = [...text.slice(0, i), other, one, ...text.slice(i + 2)];
      // The class turns only where it is these two words that it hangs on.
      swapped.push([`swap ${quoted(one)} and ${quoted(other)}`, order, truth === before ? content.swaps[`${other} ${one}`] : null]);
    }
    const half = text.length >> 1;
    if (half && !swapped.length && !found.length) found.push(["second half first", [...text.slice(half), ...text.slice(0, half)], null]);
    return [...swapped, ...found.slice(0, 2)];
  }

  // Words are in the order of how often training had them.
  const frequent = [...content.vocabulary.filter((word) => /\p{L}/u.test(word)), ...content.vocabulary].slice(0, 20);

  /** Phrases to put at the end until a text has more than `size` words, or is one phrase longer. */
  function additions(text, size) {
    const added = [];
    const has = () => [...text, ...added];
    while (has().length <= size) {
      const room = size + 1 - has().length;
      const free = content.movable.map((phrase) => phrase.split(" ")).filter((phrase) => !phrase.some((word) => has().includes(word)));
      const fits = free.filter((phrase) => phrase.length <= room).sort((one, other) => other.length - one.length);
      const next = fits[0] ?? free[0] ?? [frequent[has().length % frequent.length]];
      added.push(...next);
    }
    return added;
  }

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

  function grow(added) {
    const longer = (side) => [shown[side].trim(), ...added].filter(Boolean).join(" ");
    set({ a: longer("a"), b: longer("b"), truth: { ...shown.truth } });
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
    at("status").textContent = nets.map((net, index) => `${net.name}: ${spoken(said.a[index])} for A, ${spoken(said.b[index])} for B.`).join(" ");
  }

  const spoken = (steps) => {
    if (!steps.length) return "nothing";
    const { probabilities } = steps.at(-1);
    return `${classes[best(probabilities)]}, ${percent(Math.max(...probabilities))}`;
  };

  function renderTexts() {
    at("words-a").replaceChildren(...words("a").map((word) => make("li", {}, chip("span", word))));
    at("words-b").replaceChildren(...words("b").map((word, place, all) =>
      make("li", {}, chip("button", word, { type: "button", "data-place": place, "aria-label": `${word}, word ${place + 1} of ${all.length}` }))));
    for (const [place, button] of [...at("examples").children].entries()) button.setAttribute("aria-pressed", String(place === shown.example));

    const text = words("a");
    const button = (label, onclick, pressed = null) => make("button", { type: "button", onclick, "aria-pressed": pressed }, label);
    const isShown = (order) => String(order.join(" ") === words("b").join(" "));
    const reorder = (order, truth = null) => set({ a: shown.a, b: order.join(" "), truth: { a: shown.truth.a, b: truth } });
    at("moves").replaceChildren(
      ...orders(text, shown.truth.a).map(([label, order, truth]) => button(label, () => reorder(order, truth), isShown(order))),
      button("shuffle", () => reorder(shuffled(text))),
      button("as in A", () => set({ a: shown.a, b: shown.a, truth: { a: shown.truth.a, b: shown.truth.a } }), isShown(text)),
    );
    const free = content.movable.filter((phrase) => !phrase.split(" ").some((word) => text.includes(word)));
    const next = free.length ? free[(7 * text.length) % free.length].split(" ") : additions(text, text.length);
    const beyond = longest + 1 - text.length;
    at("grow").replaceChildren(
      ...(text.length < content.steps - 8 ? [button(`add ${quoted(next.join(" "))}`, () => grow(next))] : []),
      ...(beyond > 0 ? [button("longer than training ever had", () => grow(additions(text, longest)))] : []),
    );

    const strange = [...new Set([...words("a"), ...words("b")].filter((word) => !ids.has(word)))];
    const moved = SIDES.map((side) => [side.toUpperCase(), words(side).filter(isNew)]).filter(([, found]) => found.length);
    const notes = [
      moved.length ? `Training never had ${moved.map(([side, found]) => `${listed(found)} where ${side} has ${found.length > 1 ? "them" : "it"}`).join(", nor ")}.` : "",
      strange.length ? `${strange.map(quoted).join(", ")}: training never had ${strange.length > 1 ? "these words, which are one and the same" : "this word, which is an unknown one"} to the nets.` : "",
      !alike(words("a"), words("b")) ? "B has other words than A." : "",
      SIDES.some((side) => tokenise(shown[side]).length > content.steps) ? `Only the first ${content.steps} words are read here.` : "",
      text.length ? "" : "Type a word to begin.",
    ];
    at("notes").textContent = notes.filter(Boolean).join(" ");
  }

  function chip(tag, word, attributes = {}) {
    return make(tag, { ...attributes, class: ids.has(word) ? null : "unknown", title: ids.has(word) ? null : "training never had this word" }, word);
  }

  function shuffled(text) {
    const order = [...text];
    for (let i = order.length - 1; i > 0; i -= 1) {
      const other = Math.floor(Math.random() * (i + 1));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }

  function renderNet(net, index, a, b) {
    const who = make("div", { class: "who" },
      make("h3", {}, net.name, " ", verdict(a, b)),
      strip(net),
      make("p", {}, net.line),
    );
    if (net.extent !== null && Math.max(a.length, b.length) > net.extent) who.append(ruleOf(net, index));
    return make("article", { class: "net", "aria-label": net.name },
      who, cell(net, index, "a", a), cell(net, index, "b", b),
      make("details", { open: opened.has(index) || null }, make("summary", { onclick: () => toggle(index) }, `${net.name} in numbers`), numbers(net, a, b)));
  }

  const opened = new Set();
  const toggle = (index) => (opened.has(index) ? opened.delete(index) : opened.add(index));

  function verdict(a, b) {
    const said = (line, kind = "") => make("span", { class: `verdict ${kind}` }, line);
    if (!a.length || !b.length) return null;
    const [one, other] = [a, b].map((steps) => classes[best(steps.at(-1).probabilities)]);
    const { a: truth, b: otherTruth } = shown.truth;
    if (truth === null || otherTruth === null) return said(one === other ? "says the same of both" : "says another thing of each");
    const right = Number(one === truth) + Number(other === otherTruth);
    if (right === 2) return said("is right on both", "right");
    if (right === 1) return said("is right on one alone", "wrong");
    return said(one === otherTruth && other === truth && truth !== otherTruth ? "takes the one for the other" : "is wrong on both", "wrong");
  }

  /** The weights over time: a shade for each set, or shades that flow into each other. */
  function strip(net) {
    const steps = Array.from({ length: Math.min(longest, 16) }, (_, step) => step);
    const share = (step) => (net.picks ? (0.5 + 0.618 * net.picks[within(net, step, "hold")]) % 1 : 0.5 + 0.5 * Math.sin((2 * Math.PI * step) / steps.length));
    const shade = (step) => `background: color-mix(in srgb, var(--ink) ${Math.round(15 + 75 * share(step))}%, var(--ground))`;
    return make("div", { class: "strip", "aria-hidden": "true" }, ...steps.map((step) => make("i", { style: shade(step) })));
  }

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
    return make("fieldset", {}, make("legend", {}, `After word ${net.extent} it has the weights`), choice("hold", `of word ${net.extent}, again and again`), choice("cycle", "of word 1, 2 and so on, again"));
  }

  function cell(net, index, side, steps) {
    const texts = words(side);
    if (!steps.length) return make("div", { class: "cell" }, make("p", { class: "said" }, badge(side)));
    const { probabilities } = steps.at(-1);
    const label = best(probabilities);
    const truth = shown.truth[side];
    const mark = truth === null ? null
      : classes[label] === truth ? make("span", { class: "mark right" }, "✓ right") : make("span", { class: "mark wrong" }, `✗ it is ${truth}`);
    const heard = texts.map((word, place) => `${word}: ${classes[best(steps[place].probabilities)]} ${percent(Math.max(...steps[place].probabilities))}`).join("; ");
    return make("div", { class: "cell", "data-side": side },
      make("p", { class: "said" }, badge(side), make("span", { style: colour(label) }, make("span", { class: "swatch" }), make("strong", {}, classes[label])),
        make("span", { class: "share" }, percent(probabilities[label])), mark),
      make("div", { class: "bars", role: "img", tabindex: "0", "aria-label": `After each word. ${heard}` },
        ...texts.map((word, place) => make("div", {
          class: `word${place >= longest ? " beyond" : ""}${place >= shown.until ? " unread" : ""}`,
          "data-at": `${side}${place}`,
          title: `after ${quoted(word)}: ${steps[place].probabilities.map((share, one) => [share, one]).filter(([share]) => share >= 0.005).sort((one, other) => other[0] - one[0]).map(([share, one]) => `${classes[one]} ${percent(share)}`).join(", ")}`,
        },
        make("div", { class: "bar" }, ...steps[place].probabilities.map((share, one) => (share < 0.004 ? null : make("i", { style: `${colour(one)}; flex-grow: ${share.toFixed(5)}` })))),
        make("span", {}, chip("span", word), isNew(word, place) ? make("i", { class: "new" }) : null)))),
      texts.length > longest ? make("p", { class: "past" }, past(net, index, texts.length)) : null);
  }

  const badge = (side) => make("b", { class: `badge ${side}` }, side.toUpperCase());

  function past(net, index, length) {
    const from = `Hatched: ${length - longest === 1 ? `word ${length}, one` : `words ${longest + 1} to ${length}, ${length - longest} words`} more than training ever had. `;
    if (net.extent === null) return net.kind === "shared" ? `${from}The weights are the same as ever.` : `${from}The weights go on as a function of the place.`;
    return `${from}${rules[index] === "hold" ? `It goes on with the weights of word ${net.extent}.` : "It begins again with the weights of word 1."}`;
  }

  function numbers(net, a, b) {
    const row = (side, place, { state, probabilities }) => make("tr", {},
      make("th", { scope: "row" }, `${side.toUpperCase()} ${place + 1}`), make("td", {}, words(side)[place]),
      ...probabilities.map((share) => make("td", {}, share.toFixed(4))), ...project(net.plane, state).map((x) => make("td", {}, x.toFixed(2))));
    return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": `${net.name} in numbers` }, make("table", {},
      make("caption", {}, "Probability of each class after each word, and where the state then lies in the plane below"),
      make("thead", {}, make("tr", {}, ...["text, place", "word", ...classes, "x", "y"].map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...a.map((step, place) => row("a", place, step)), ...b.map((step, place) => row("b", place, step)))));
  }

  // -- pictures

  const WIDE = 340, HIGH = 270, EDGE = 14;

  function renderPaths(said) {
    const until = Number(at("until").value);
    at("until-said").textContent = `${until} of ${at("until").max}`;
    at("paths").replaceChildren(...nets.map((net, index) => make("figure", {},
      make("figcaption", {}, net.name, make("small", {}, distance(said.a[index], said.b[index], until))), plane(net, said.a[index], said.b[index], until))));
  }

  function distance(a, b, until) {
    if (!a.length || !b.length) return "";
    const [one, other] = [a, b].map((steps) => classes[best(steps[Math.min(until, steps.length) - 1].probabilities)]);
    return one === other ? `A and B: both at ${one}` : `A at ${one}, B at ${other}`;
  }

  function plane(net, a, b, until) {
    const paths = { a: [new Float64Array(net.sizes.hidden), ...a.map(({ state }) => state)], b: [new Float64Array(net.sizes.hidden), ...b.map(({ state }) => state)] };
    const points = Object.fromEntries(SIDES.map((side) => [side, paths[side].map((state) => project(net.plane, state))]));
    const all = [...net.plane.ends, ...points.a, ...points.b];
    const [x, y] = [0, 1].map((axis) => {
      const values = all.map((point) => point[axis]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const size = axis ? HIGH : WIDE;
      return (point) => {
        const share = (point[axis] - low) / (high - low || 1);
        return EDGE + (axis ? 1 - share : share) * (size - 2 * EDGE);
      };
    });
    const clouds = classes.map((name, one) => {
      const ends = net.plane.ends.filter((_, place) => net.plane.labels[place] === one);
      if (!ends.length) return null;
      const middle = [0, 1].map((axis) => ends.map((end) => end[axis]).sort((p, q) => p - q)[ends.length >> 1]);
      // A name makes room for the last letter of a path.
      const near = SIDES.some((side) => {
        const point = points[side][Math.min(until, points[side].length - 1)];
        return Math.abs(x(point) - x(middle)) < 32 && Math.abs(y(point) - y(middle)) < 15;
      });
      return make("text", { class: "cloud", x: x(middle), y: y(middle) + (near ? 26 : 4) }, name);
    });
    const ways = SIDES.flatMap((side) => {
      const way = points[side].slice(0, until + 1);
      if (way.length < 2) return [];
      const stops = way.slice(1, -1).map((point, place) => make("g", { "data-at": `${side}${place}` },
        make("circle", { class: `stop ${side}`, cx: x(point), cy: y(point), r: 3 }), make("text", { class: "stop-word", x: x(point) + 7, y: y(point) - 6 }, words(side)[place])));
      return [make("path", { class: `path ${side}`, d: `M${way.map((point) => `${x(point).toFixed(1)},${y(point).toFixed(1)}`).join("L")}` }), ...stops];
    });
    const lasts = SIDES.filter((side) => points[side].length > 1).map((side) => {
      const place = Math.min(until, points[side].length - 1);
      const point = points[side][place];
      return make("g", { class: `last ${side}`, "data-at": `${side}${place - 1}` }, make("circle", { cx: x(point), cy: y(point), r: 8.5 }),
        make("text", { x: x(point), y: y(point) + 4 }, side.toUpperCase()), make("text", { class: "stop-word", x: x(point) + 14, y: y(point) - 10 }, words(side)[place - 1]));
    });
    return make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `Paths of the state of ${net.name}. ${distance(a, b, until)}. The table in numbers has the places.` },
      make("rect", { class: "frame", x: 0.5, y: 0.5, width: WIDE - 1, height: HIGH - 1, rx: 8 }),
      ...net.plane.ends.map((end, place) => make("circle", { class: "end", style: colour(net.plane.labels[place]), cx: x(end), cy: y(end), r: 3 })),
      ...ways, ...clouds.filter(Boolean), ...lasts);
  }

  function heatMap(net) {
    const { steps, cosines } = net.similarity;
    const size = 300 / steps.length;
    const others = cosines.flatMap((row, one) => row.filter((_, other) => one !== other));
    const mean = others.length ? others.reduce((sum, cosine) => sum + cosine, 0) / others.length : 1;
    const shade = (cosine) => `fill: color-mix(in srgb, var(--colour-0) ${Math.round(100 * Math.max(cosine, 0))}%, var(--ground))`;
    return make("figure", {},
      make("figcaption", {}, net.name, make("small", {}, `two places on average ${mean.toFixed(2)} alike`)),
      make("svg", { viewBox: "-22 -2 324 320", role: "img", "aria-label": `How alike the weights of ${net.name} are: ${mean.toFixed(2)} on average` },
        ...cosines.flatMap((row, one) => row.map((cosine, other) => make("rect", { x: other * size, y: one * size, width: size + 0.3, height: size + 0.3, style: shade(cosine), "shape-rendering": "crispEdges" },
          make("title", {}, `word ${steps[one] + 1} and word ${steps[other] + 1}: ${cosine.toFixed(2)}`)))),
        make("rect", { class: "frame", x: 0, y: 0, width: 300, height: 300 }),
        ...[0, steps.length - 1].flatMap((end) => [
          make("text", { x: (end + 0.5) * size, y: 315, "text-anchor": "middle" }, String(steps[end] + 1)),
          make("text", { x: -6, y: (end + 0.5) * size + 4, "text-anchor": "end" }, String(steps[end] + 1))]),
        make("text", { x: 150, y: 315, "text-anchor": "middle" }, "place in the text")),
      make("details", {}, make("summary", {}, `${net.name} in numbers`), make("div", { class: "table", tabindex: "0", role: "region", "aria-label": `Likeness of the weights of ${net.name}` },
        make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "word"), ...steps.map((step) => make("th", { scope: "col" }, String(step + 1))))),
          make("tbody", {}, ...cosines.map((row, one) => make("tr", {}, make("th", { scope: "row" }, String(steps[one] + 1)), ...row.map((cosine) => make("td", {}, cosine.toFixed(2))))))))));
  }

  /** Turn the words of narrow columns. */
  function fit() {
    const all = [...document.querySelectorAll(".bars")];
    for (const bars of all) bars.classList.remove("narrow");
    const narrow = all.filter((bars) => [...bars.querySelectorAll(".word > span")].some((span) => span.scrollWidth > span.clientWidth));
    for (const bars of narrow) {
      bars.classList.add("narrow");
      bars.scrollLeft = bars.scrollWidth; // the answer is at the end
    }
  }

  // -- what the reader does

  function renderVocabulary() {
    const wanted = at("search").value.trim().toLowerCase();
    const found = [...content.vocabulary].filter((word) => word.toLowerCase().includes(wanted)).sort();
    const most = 600;
    at("found").textContent = found.length > most ? `${most} of ${found.length} words` : `${found.length} words`;
    at("vocabulary").replaceChildren(...found.slice(0, most).map((word) => make("li", {}, make("button", { type: "button", onclick: () => grow([word]) }, word))));
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
    const buttons = content.examples.map(({ texts, labels, more }, place) => {
      if (texts.length > 1) {
        return make("button", { type: "button", onclick: () => set({ a: texts[0], b: texts[1], truth: { a: labels[0], b: labels[1] }, example: place }) }, `${texts[0]} ⇄ ${shortened(texts)}`);
      }
      return make("button", { type: "button", onclick: () => start(texts[0], labels[0], place) }, `${more === 1 ? "one word" : `${more} words`} more than training ever had`);
    });
    const random = () => {
      const { text, label } = content.samples[Math.floor(Math.random() * content.samples.length)];
      start(text, label);
    };
    if (!content.examples.some(({ texts }) => texts.length > 1)) {
      buttons.unshift(...content.samples.slice(0, 3).map(({ text, label }) =>
        make("button", { type: "button", onclick: () => start(text, label) }, text.length > 60 ? `${text.slice(0, 58)} …` : text)));
    }
    if (content.samples.length) buttons.push(make("button", { type: "button", onclick: random }, "a random test text"));
    at("examples").replaceChildren(...buttons);
    at("legend").replaceChildren(...classes.map((name, one) => make("li", { style: colour(one) }, make("span", { class: "swatch" }), name)));
    at("steps").replaceChildren(...nets.map(heatMap));
    renderVocabulary();
  }

  /** Begin with the first pair on which the nets do not all say the same. */
  function begin() {
    const said = (text) => nets.map((net, index) => best(read(net, held[index], tokenise(text).map(idOf)).at(-1).probabilities)).join();
    const split = content.examples.findIndex(({ texts }) => texts.some((text) => new Set(said(text).split(",")).size > 1));
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
    read: (index, text, rule) => read(nets[index], held[index], tokenise(text).map(idOf), rule ?? nets[index].beyond).map(({ probabilities }) => probabilities),
  };
  document.documentElement.dataset.playground = "ready";
})();
