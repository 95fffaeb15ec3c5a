// What a text's words are, and what a net says after each: the same arithmetic as timeshare's own, in float64.
"use strict";

// Python's white space, which is not JavaScript's.
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const pieces = (text) => text.split(SPACE).filter(Boolean);

const TOKENISERS = {
  // torchtext 0.6.0's, rule by rule.
  basic_english: (text) =>
    pieces(
      text
        .toLowerCase()
        .replaceAll('"', "")
        .replaceAll("<br />", " ")
        .replace(/[.,!?'()]/g, " $& ")
        .replace(/[;:]/g, " "),
    ),
  whitespace: pieces,
  characters: (text) => {
    const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
    return pieces(text).flatMap((piece) => [...segmenter.segment(piece)].map(({ segment }) => segment));
  },
};

function floats(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** The parts of a net's numbers, as report/playground/nets.py lays them out. */
function unpack(net, classes) {
  const { embedding, hidden, sets, vocabulary } = net.sizes;
  const numbers = floats(net.weights);
  let start = 0;
  const take = (size) => numbers.subarray(start, (start += size));
  return {
    vectors: take(vocabulary * embedding),
    readOut: take(classes * hidden),
    readOutBias: take(classes),
    byInput: take(sets * 4 * hidden * embedding),
    byHidden: take(sets * 4 * hidden * hidden),
    bias: take(sets * 4 * hidden),
    coefficients: net.coefficients && floats(net.coefficients),
  };
}

/** The step whose weights step `step` has. */
function within(net, step, rule) {
  if (net.extent === null || step < net.extent) return step;
  return rule === "cycle" ? step % net.extent : net.extent - 1;
}

/** The sets that make the weights of a step, each with its share. */
function mixture(net, parts, step, rule) {
  const at = within(net, step, rule);
  if (net.picks) return [[net.picks[at], 1]];
  const sets = net.sizes.sets;
  return Array.from({ length: sets }, (_, set) => [set, parts.coefficients[at * sets + set]]);
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** After each word, the state and the probabilities of the classes, as if the text ended there. */
function read(net, parts, ids, rule = net.beyond) {
  const { embedding: E, hidden: H } = net.sizes;
  const classes = parts.readOutBias.length;
  const gates = new Float64Array(4 * H);
  const cell = new Float64Array(H);
  let state = new Float64Array(H);
  return ids.map((id, step) => {
    gates.fill(0);
    for (const [set, share] of mixture(net, parts, step, rule)) {
      for (let row = 0, at = set * 4 * H; row < 4 * H; row += 1, at += 1) {
        let sum = parts.bias[at];
        for (let i = 0; i < E; i += 1) sum += parts.byInput[at * E + i] * parts.vectors[id * E + i];
        for (let i = 0; i < H; i += 1) sum += parts.byHidden[at * H + i] * state[i];
        gates[row] += share * sum;
      }
    }
    const next = new Float64Array(H);
    for (let i = 0; i < H; i += 1) {
      cell[i] = sigmoid(gates[H + i]) * cell[i] + sigmoid(gates[i]) * Math.tanh(gates[2 * H + i]);
      next[i] = sigmoid(gates[3 * H + i]) * Math.tanh(cell[i]);
    }
    state = next;
    const logits = Array.from({ length: classes }, (_, one) => {
      let sum = parts.readOutBias[one];
      for (let i = 0; i < H; i += 1) sum += parts.readOut[one * H + i] * state[i];
      return sum;
    });
    return { state, probabilities: softmax(logits) };
  });
}

/** Where a state lies in the plane that the page draws. */
function project(plane, state) {
  return plane.axes.map((axis) => axis.reduce((sum, weight, i) => sum + weight * (state[i] - plane.centre[i]), 0));
}
