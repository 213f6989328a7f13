// The dashboard's page: shows the events of a training, and asks to stop it.

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const stop = /** @type {HTMLButtonElement} */ (byId("stop"));
const progress = /** @type {HTMLProgressElement} */ (byId("progress"));

/** @param {string} tag @param {string} [text] @param {string} [className] */
function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

/** A picture that the training drew. @param {string} svg @param {string} [label] */
function picture(svg, label) {
  const made = element("div", "", "chart");
  made.innerHTML = svg;
  if (label) {
    made.firstElementChild?.setAttribute("role", "img");
    made.firstElementChild?.setAttribute("aria-label", label);
  }
  return made;
}

/** `12 s`, `1:05 min`, `1:00:02 h`. @param {number} seconds */
function duration(seconds) {
  const whole = Math.round(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (whole >= 3600) return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)} h`;
  return whole >= 60 ? `${Math.floor(whole / 60)}:${two(whole % 60)} min` : `${whole} s`;
}

const states = {
  training: "Training",
  stopping: "Stopping after this batch …",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Failed or interrupted: the console of the training says why",
};
let said = "";
/** Whether the training whose numbers are shown goes on. */
let isRunning = false;

/** Says something once: readers of screens speak each change. @param {string} text */
function say(text) {
  if (text === said) return;
  said = text;
  byId("state").textContent = text;
}

/** @param {Record<string, any>} status */
function showStatus(status) {
  const { model, state, epoch, epochs, batch, steps, share, elapsed, left, numbers } = status;
  document.body.classList.remove("lost");
  isRunning = state === "training" || state === "stopping";
  byId("model").textContent = model;
  document.title = `${Math.floor(100 * share)} % · ${model}`;
  say(`${states[/** @type {keyof states} */ (state)]}${isRunning ? ` · epoch ${epoch} of ${epochs}` : ""}`);
  stop.disabled = state !== "training";
  progress.value = share;
  const facts = [
    ["epoch", `${epoch} / ${epochs}`],
    ["batch", steps === null ? `${batch}` : `${batch} / ${steps}`],
    ["time", duration(elapsed)],
    ...(left === null ? [] : [["time left", duration(left)]]),
    ...numbers,
  ];
  byId("numbers").replaceChildren(...facts.map(([name, value]) => {
    const group = element("div");
    group.append(element("dt", name.replaceAll("_", " ")), element("dd", value));
    return group;
  }));
}

/** @param {{ title: string, label: string, svg: string }[]} charts */
function showCharts(charts) {
  byId("no-charts").hidden = charts.length > 0;
  byId("charts").replaceChildren(...charts.map(({ title, label, svg }) => {
    const card = element("figure", "", "card");
    card.append(element("h3", title), picture(svg, label));
    return card;
  }));
}

/** @param {{ layer: string, weights: { name: string, text: string, svg: string }[] }[]} layers */
function showWeights(layers) {
  byId("weights-section").hidden = layers.length === 0;
  byId("weights").replaceChildren(...layers.map(({ layer, weights }) => {
    const card = element("article", "", "card");
    card.append(
      element("h3", layer || "Weights"),
      ...weights.map(({ name, text, svg }) => {
        const weight = element("div", "", "weight");
        const line = element("p", "", "muted");
        line.append(element("span", name), element("span", text));
        weight.append(line, picture(svg));
        return weight;
      }),
    );
    return card;
  }));
}

const events = new EventSource("/events");
/** @param {string} name @param {(data: any) => void} show */
const on = (name, show) => events.addEventListener(name, ({ data }) => show(JSON.parse(data)));
on("status", showStatus);
on("charts", showCharts);
on("weights", showWeights);

events.addEventListener("error", () => {
  stop.disabled = true;
  if (!isRunning) return;
  document.body.classList.add("lost");
  say("The training does not answer: it has ended, or its process has.");
});

stop.addEventListener("click", async () => {
  stop.disabled = true;
  try {
    const response = await fetch("/stop", { method: "POST" });
    if (!response.ok) throw new Error(await response.text());
  } catch (error) {
    say(`Could not stop the training: ${error instanceof Error ? error.message : error}`);
    stop.disabled = false;
  }
});
