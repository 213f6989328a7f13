// The page of the playground: what its user does goes to the worker, what the worker answers is shown.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { digitSide, DrawingArea, pictureOf } from "./drawing.ts";
import type { Activation, Answer, Backend, Drawing, Mistake, Pixels, Request } from "./messages.ts";

/** How long nothing must change before the reading is spoken, in milliseconds. */
const pause = 600;
const none = new Uint8Array(digitSide ** 2);

function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text = "", className = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

const form = byId<HTMLFormElement>("training");
const [start, stop, save] = ["start", "stop", "save"].map((id) => byId<HTMLButtonElement>(id));
const worker = new Worker("/worker.js", { type: "module" });
const ask = (request: Request) => worker.postMessage(request);

const state = { isTraining: false, isTrained: false, isSaving: false };
/** Whether the worker reads a digit, and whether it has changed since. */
const reading = { isAsked: false, isStale: false };
let spoken: ReturnType<typeof setTimeout> | undefined;

const area = new DrawingArea(byId("area"), readDigit, say);

/** Asks for a reading of the digit; while one is awaited, for one more after it. */
function readDigit(): void {
  byId("hint").hidden = !area.isEmpty;
  reading.isStale = reading.isAsked;
  if (reading.isAsked) return;
  reading.isAsked = true;
  ask({ kind: "read", pixels: area.isEmpty ? none : area.pixels() });
}

/** Says something to users of screen readers. */
function say(text: string): void {
  byId("spoken").textContent = text;
}

function showError(text: string): void {
  byId("error").textContent = text;
  byId("error").hidden = text === "";
}

/** Notes what goes on, and lets its user do what then can be done. */
function note(changed: Partial<typeof state>): void {
  Object.assign(state, changed);
  const { isTraining, isTrained, isSaving } = state;
  start.disabled = isTraining;
  stop.disabled = !isTraining;
  save.disabled = isTraining || !isTrained || isSaving;
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) {
    field.disabled = isTraining || field.dataset.missing !== undefined;
  }
  byId("progress").hidden = !isTraining;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (state.isTraining) return;
  const given = new FormData(form);
  showError("");
  note({ isTraining: true });
  ask({
    kind: "train",
    backend: given.get("backend") as Backend,
    epochs: Number(given.get("epochs")),
    digits: Number(given.get("digits")),
  });
});
stop.addEventListener("click", () => {
  stop.disabled = true;
  byId("state").textContent = "Stopping after this batch …";
  ask({ kind: "stop" });
});
save.addEventListener("click", () => {
  note({ isSaving: true });
  showError("");
  ask({ kind: "save" });
});
byId("clear").addEventListener("click", () => area.clear());
byId("sample").addEventListener("click", () => ask({ kind: "sample" }));
// What is drawn on a canvas does not follow the colors of the page.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  area.show();
  for (const picture of pictures) picture.paint();
});

/** A picture in the color of its place, painted again where that changes. */
interface Picture {
  readonly canvas: HTMLCanvasElement;
  paint(): void;
}
let pictures: Picture[] = [];

/** A canvas that shows bytes, the larger the more of the text's color. */
function paint(bytes: ArrayLike<number>, columns: number, label: string): HTMLCanvasElement {
  const canvas = element("canvas");
  canvas.width = columns;
  canvas.height = Math.ceil(bytes.length / columns);
  if (label === "") canvas.setAttribute("aria-hidden", "true");
  else {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  }
  const picture = {
    canvas,
    paint() {
      const context = canvas.getContext("2d")!;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(pictureOf(bytes, columns, getComputedStyle(canvas).color), 0, 0);
    },
  };
  pictures.push(picture);
  // Its color is known when it has its place.
  queueMicrotask(() => picture.paint());
  return canvas;
}

function showReady({ backends, choice }: Extract<Answer, { kind: "ready" }>): void {
  for (const [backend, { available, about }] of Object.entries(backends)) {
    const input = byId<HTMLInputElement>(backend);
    if (!available) input.dataset.missing = "";
    input.disabled = !available;
    input.checked = backend === choice;
    byId(`${backend}-about`).textContent = available ? about : `missing: ${about}`;
  }
  if (!choice) {
    return showError("This browser has neither WebGPU nor WebAssembly with SIMD: nothing can be trained here.");
  }
  start.disabled = false;
  byId("state").textContent = "Not trained yet";
  readDigit();
}

function showCharts(charts: readonly Drawing[]): void {
  byId("curves").hidden = false;
  for (const { name, svg, label } of charts) {
    const place = byId(`${name}-chart`);
    // The picture is made here, by plots.lines, which escapes texts.
    place.innerHTML = svg;
    place.setAttribute("aria-label", label);
  }
}

function showReading({ layers, isTrained }: Extract<Answer, { kind: "reading" }>): void {
  const isEmpty = area.isEmpty;
  const probabilities = layers[layers.length - 1].values;
  const best = probabilities.indexOf(Math.max(...probabilities));
  const rows = byId("bars").children;
  probabilities.forEach((probability, digit) => {
    const row = rows[digit] as HTMLElement;
    const share = isEmpty ? 0 : probability;
    row.classList.toggle("best", !isEmpty && digit === best);
    row.querySelector<HTMLElement>(".bar")!.style.width = `${100 * share}%`;
    row.querySelector(".share")!.textContent = isEmpty ? "–" : `${(100 * probability).toFixed(1)} %`;
  });
  const percent = (100 * probabilities[best]).toFixed(0);
  const text = isEmpty
    ? "Draw a digit to see what the network makes of it."
    : isTrained
    ? `The network reads ${best}, ${percent} % sure.`
    : `Not trained yet, the network guesses ${best}.`;
  byId("verdict").textContent = text;
  clearTimeout(spoken);
  if (!isEmpty) spoken = setTimeout(() => say(text), pause);
  showLayers(isEmpty ? [] : layers);
}

/** What layers do, in words. */
const purposes: Readonly<Record<string, string>> = {
  rescaling: "pixels from 0 to 1",
  flatten: "the rows of pixels, one after the other",
};

function showLayers(layers: readonly Activation[]): void {
  byId("no-layers").hidden = layers.length > 0;
  pictures = pictures.filter(({ canvas }) => !byId("layers").contains(canvas));
  byId("layers").replaceChildren(...layers.map(({ name, shape, values }, i) => {
    const most = values.reduce((most, value) => Math.max(most, value), 0);
    const active = values.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
    const size = shape.join(" × ");
    const about = purposes[name] ??
      (i < layers.length - 1 ? `${active} of ${values.length} units are active` : "a probability for each digit");
    const item = element("li", "", `layer ${name}`);
    const head = element("p");
    head.append(element("strong", name), ` ${size}`);
    const bytes = Uint8Array.from(values, (value) => most === 0 ? 0 : 255 * value / most);
    // Pictures are as wide as their rows are long: an image has its own, a list of units is broken into several.
    const columns = shape.length === 2 ? shape[1] : values.length > 600 ? 56 : values.length > 10 ? 32 : values.length;
    item.append(head, paint(bytes, columns, `Output of ${name}: ${about}`), element("p", about, "muted"));
    return item;
  }));
}

function showMistakes({ count, of, shown }: Extract<Answer, { kind: "mistakes" }>): void {
  byId("mistakes-section").hidden = false;
  const rest = count > shown.length ? ` These are the first ${shown.length}.` : "";
  byId("mistakes-about").textContent = `${count} of ${
    of.toLocaleString("en")
  } test digits.${rest} Choose one to look at it.`;
  pictures = pictures.filter(({ canvas }) => !byId("mistakes").contains(canvas));
  byId("mistakes").replaceChildren(...shown.map(({ pixels, truth, found, probability }: Mistake) => {
    const item = element("li");
    const button = element("button");
    button.type = "button";
    button.setAttribute(
      "aria-label",
      `A ${truth}, read as ${found} with ${(100 * probability).toFixed(0)} %: look at it`,
    );
    button.append(paint(pixels, digitSide, ""), element("span", `${truth} → ${found}`));
    button.addEventListener("click", () => give(pixels));
    item.append(button);
    return item;
  }));
}

/** Shows a digit in the area, which is brought into view. */
function give(pixels: Pixels): void {
  area.give(pixels);
  byId("draw-title").scrollIntoView({ block: "nearest" });
}

function download(file: Blob): void {
  const link = element("a");
  link.href = URL.createObjectURL(file);
  link.download = "digits.keras";
  link.click();
  URL.revokeObjectURL(link.href);
  note({ isSaving: false });
}

worker.addEventListener("message", ({ data: answer }: MessageEvent<Answer>) => {
  switch (answer.kind) {
    case "ready":
      return showReady(answer);
    case "progress":
      byId<HTMLProgressElement>("progress").value = answer.share;
      if (!stop.disabled) byId("state").textContent = answer.text;
      return;
    case "charts":
      return showCharts(answer.charts);
    case "mistakes":
      showMistakes(answer);
      return readDigit();
    case "trained":
      note({ isTraining: false, isTrained: true });
      byId("state").textContent = answer.text;
      say(answer.text);
      return readDigit();
    case "reading":
      reading.isAsked = false;
      showReading(answer);
      if (reading.isStale) readDigit();
      return;
    case "sample":
      say(`A ${answer.truth} of the test digits`);
      return give(answer.pixels);
    case "file":
      return download(answer.file);
    case "error":
      reading.isAsked = false;
      if (state.isTraining) byId("state").textContent = "Failed";
      note({ isTraining: false, isSaving: false });
      return showError(answer.text);
  }
});
worker.addEventListener(
  "error",
  (event) => showError(`The worker could not be started: ${event.message || "its module was not loaded"}`),
);
