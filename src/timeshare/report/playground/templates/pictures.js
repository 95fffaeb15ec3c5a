// The path of a state, and how alike the weights are.

const WIDE = 340, HIGH = 270, EDGE = 14;

/** At which classes the two texts are after so many words. */
function distance(a, b, until) {
  if (!a.length || !b.length) return "";
  const [one, other] = [a, b].map((steps) => labelOf(steps[Math.min(until, steps.length) - 1]));
  return one === other ? `A and B: both at ${one}` : `A at ${one}, B at ${other}`;
}

/** Where points of the plane go in the picture, so that all are seen: [x, y], each a function of a point. */
function scales(points) {
  return [[0, WIDE], [1, HIGH]].map(([axis, size]) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (point) => {
      const share = (point[axis] - low) / (high - low || 1);
      return EDGE + (axis ? 1 - share : share) * (size - 2 * EDGE);
    };
  });
}

function plane(net, a, b, until) {
  const rest = { state: new Float64Array(net.sizes.hidden) };
  const steps = { a: [rest, ...a], b: [rest, ...b] };
  const points = Object.fromEntries(SIDES.map((side) => [side, steps[side].map(({ state }) => project(net.plane, state))]));
  const [x, y] = scales([...net.plane.ends, ...points.a, ...points.b]);
  const lasts = SIDES.filter((side) => points[side].length > 1).map((side) => [side, Math.min(until, points[side].length - 1)]);

  const dots = net.plane.ends.map((end, place) =>
    make("circle", { class: "end", style: colour(net.plane.labels[place]), cx: x(end), cy: y(end), r: 3 }));
  const names = classes.map((name, one) => {
    const ends = net.plane.ends.filter((_, place) => net.plane.labels[place] === one);
    if (!ends.length) return null;
    const middle = [0, 1].map((axis) => ends.map((end) => end[axis]).sort((p, q) => p - q)[ends.length >> 1]);
    // A name makes room for the last letter of a path.
    const isNear = (point) => Math.abs(x(point) - x(middle)) < 32 && Math.abs(y(point) - y(middle)) < 15;
    const lower = lasts.some(([side, place]) => isNear(points[side][place])) ? 26 : 4;
    return make("text", { class: "cloud", x: x(middle), y: y(middle) + lower }, name);
  });
  const word = (side, place, right, up) => {
    const point = points[side][place];
    return make("text", { class: "stop-word", x: x(point) + right, y: y(point) - up }, words(side)[place - 1]);
  };
  const ways = lasts.flatMap(([side, last]) => {
    const way = points[side].slice(0, last + 1).map((point) => `${x(point).toFixed(1)},${y(point).toFixed(1)}`);
    const stops = points[side].slice(1, last).map((point, place) => make("g", { "data-at": `${side}${place}` },
      make("circle", { class: `stop ${side}`, cx: x(point), cy: y(point), r: 3 }), word(side, place + 1, 7, 6)));
    return [make("path", { class: `path ${side}`, d: `M${way.join("L")}` }), ...stops];
  });
  const letters = lasts.map(([side, last]) => {
    const point = points[side][last];
    return make("g", { class: `last ${side}`, "data-at": `${side}${last - 1}` },
      make("circle", { cx: x(point), cy: y(point), r: 8.5 }),
      make("text", { x: x(point), y: y(point) + 4 }, side.toUpperCase()),
      word(side, last, 14, 10));
  });
  const label = `Paths of the state of ${net.name}. ${distance(a, b, until)}. Its places are in the table of its numbers.`;
  return make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
    make("rect", { class: "frame", x: 0.5, y: 0.5, width: WIDE - 1, height: HIGH - 1, rx: 8 }),
    ...dots, ...ways, ...names, ...letters);
}

function heatMap(net) {
  const { steps, cosines } = net.similarity;
  const size = 300 / steps.length;
  const others = cosines.flatMap((row, one) => row.filter((_, other) => one !== other));
  const mean = others.length ? others.reduce((sum, cosine) => sum + cosine, 0) / others.length : 1;
  const squares = cosines.flatMap((row, one) => row.map((cosine, other) => {
    const share = Math.round(100 * Math.max(cosine, 0));
    return make("rect", {
      x: other * size, y: one * size, width: size + 0.3, height: size + 0.3, "shape-rendering": "crispEdges",
      style: `fill: color-mix(in srgb, var(--colour-0) ${share}%, var(--ground))`,
    }, make("title", {}, `word ${steps[one] + 1} and word ${steps[other] + 1}: ${cosine.toFixed(2)}`));
  }));
  const ends = [0, steps.length - 1].flatMap((end) => [
    make("text", { x: (end + 0.5) * size, y: 315, "text-anchor": "middle" }, String(steps[end] + 1)),
    make("text", { x: -6, y: (end + 0.5) * size + 4, "text-anchor": "end" }, String(steps[end] + 1)),
  ]);
  const columns = ["word", ...steps.map((step) => String(step + 1))];
  const label = `How alike the weights of ${net.name} are: ${mean.toFixed(2)} on average`;
  const rows = cosines.map((row, one) => [String(steps[one] + 1), ...row.map((cosine) => cosine.toFixed(2))]);
  return make("figure", {},
    make("figcaption", {}, net.name, make("small", {}, `two places: ${mean.toFixed(2)} alike on average`)),
    make("svg", { viewBox: "-22 -2 324 320", role: "img", "aria-label": label },
      ...squares,
      make("rect", { class: "frame", x: 0, y: 0, width: 300, height: 300 }),
      ...ends,
      make("text", { x: 150, y: 315, "text-anchor": "middle" }, "place in the text")),
    make("details", {},
      make("summary", {}, `${net.name} in numbers`),
      table(`Likeness of the weights of ${net.name}`, "Cosine of the weights at two places", columns, rows)));
}
