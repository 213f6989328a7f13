// Two inputs, two outputs: a ticket's words and its sender decide how urgent it is and who answers it.
//
//     deno run -A examples/functional.ts
import { Input, layers, Model, setRandomSeed, tensor } from "../mod.ts";
import { count, readArguments } from "./arguments.ts";

const [words, senders, teams] = [50, 8, 3];

/** The network: text and sender are joined in one layer, from which both answers are computed. */
export function makeModel() {
  const ticket = Input({ shape: [12], dtype: "int32", name: "ticket" });
  const sender = Input({ shape: [1], dtype: "int32", name: "sender" });
  const read = new layers.GlobalAveragePooling1D().apply(new layers.Embedding(words, 16).apply(ticket));
  const known = new layers.Flatten().apply(new layers.Embedding(senders, 4).apply(sender));
  const both = new layers.Dense(32, { activation: "relu" }).apply(layers.concatenate([read, known]));
  const model = new Model({
    inputs: { ticket, sender },
    outputs: {
      urgent: new layers.Dense(1, { activation: "sigmoid", name: "urgent" }).apply(both),
      team: new layers.Dense(teams, { activation: "softmax", name: "team" }).apply(both),
    },
  });
  model.compile({
    optimizer: "adam",
    loss: { urgent: "binary_crossentropy", team: "sparse_categorical_crossentropy" },
    lossWeights: { urgent: 1, team: 0.5 },
    metrics: { urgent: "accuracy", team: "accuracy" },
  });
  return model;
}

if (import.meta.main) {
  const { steps } = readArguments("functional.ts", "Two inputs, two outputs.", {
    steps: count(450, "how many steps the training takes"),
  });
  const rows = 600;

  // Made-up tickets: some words are urgent, each team has its own words, some senders are always in a hurry.
  let state = 7;
  const draw = (below: number) => (state = (state * 48271) % 2147483647) % below;
  const text = Array.from({ length: rows }, () => Array.from({ length: 12 }, () => draw(words)));
  const from = Array.from({ length: rows }, () => draw(senders));
  const urgent = text.map((ticket, i) => (ticket.filter((word) => word < 10).length > 2 || from[i] === 0 ? 1 : 0));
  const team = text.map((ticket) => {
    const counts = Array.from({ length: teams }, (_, t) => ticket.filter((word) => word % teams === t).length);
    return counts.indexOf(Math.max(...counts));
  });

  setRandomSeed(1);
  const model = makeModel();
  model.summary();
  const x = { ticket: tensor(text, undefined, "int32"), sender: tensor(from.map((id) => [id]), undefined, "int32") };
  const y = { urgent: tensor(urgent.map((value) => [value])), team: tensor(team, undefined, "int32") };
  await model.fit(x, y, { epochs: Math.ceil(steps / 15), batchSize: 32, verbose: 2, validationSplit: 0.2 });
  const answer = await model.predict({ ticket: x.ticket.rows(0, 1), sender: x.sender.rows(0, 1) }, { verbose: 0 });
  console.log("The first ticket:", answer);
}
