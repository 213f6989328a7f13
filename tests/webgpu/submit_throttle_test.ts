// The submit throttle, with a simulated device and clock: the device stays busy, and never far behind the host.
import assert from "node:assert/strict";
import type { Gpu } from "../../lib/exec/webgpu/device.ts";
import { SubmitThrottle } from "../../lib/exec/webgpu/submit_throttle.ts";

const msPerStep = 2;

/** A clock that jumps to the next timer when there is nothing else to do. */
class Clock {
  now = 0;
  readonly #timers: { at: number; wake: () => void }[] = [];

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#timers.push({ at: this.now + ms, wake }));
  }

  /** Runs `body` with this clock. */
  async run(body: () => Promise<void>): Promise<void> {
    const { setTimeout } = globalThis;
    const { now } = performance;
    let isDone = false;
    try {
      performance.now = () => this.now;
      const sleep = (wake: () => void, ms: number) => this.sleep(ms).then(wake);
      globalThis.setTimeout = sleep as unknown as typeof setTimeout;
      const running = body().finally(() => isDone = true);
      while (!isDone) {
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
        this.#timers.sort((a, b) => a.at - b.at);
        const next = this.#timers.shift();
        if (next) this.now = Math.max(this.now, next.at);
        next?.wake();
      }
      await running;
    } finally {
      performance.now = now;
      globalThis.setTimeout = setTimeout;
    }
  }
}

/** A simulated device that works on submits; with `blocks`, asking whether it is done blocks, as in Deno. */
class PretendedDevice {
  busyMs = 0;
  mostAheadMs = 0;
  doneAt = 0;
  #isCold = true;
  readonly queue = { onSubmittedWorkDone: () => this.#wait() };

  constructor(readonly clock: Clock, readonly blocks: boolean) {}

  submit(steps: number): void {
    // The first step compiles shaders.
    const ms = steps * msPerStep + (this.#isCold ? 200 : 0);
    this.#isCold = false;
    this.busyMs += ms;
    this.doneAt = Math.max(this.clock.now, this.doneAt) + ms;
    this.mostAheadMs = Math.max(this.mostAheadMs, this.doneAt - this.clock.now);
  }

  #wait(): Promise<void> {
    if (!this.blocks) return this.clock.sleep(Math.max(0, this.doneAt - this.clock.now));
    this.clock.now = Math.max(this.clock.now, this.doneAt);
    return this.clock.sleep(11);
  }
}

for (const blocks of [true, false]) {
  Deno.test(`a device is kept busy where waiting ${blocks ? "blocks" : "does not block"}`, async () => {
    const clock = new Clock();
    const device = new PretendedDevice(clock, blocks);
    const pace = new SubmitThrottle({ device } as unknown as Gpu);
    const program = {};
    await clock.run(async () => {
      while (clock.now < 5000) {
        const steps = pace.stepsFor(program);
        clock.now += 0.5;
        device.submit(steps);
        await pace.submitted(program, steps, true);
      }
    });
    const share = device.busyMs / Math.max(clock.now, device.doneAt);
    assert.ok(share > 0.95, `busy for ${Math.round(100 * share)} % of the time`);
    assert.ok(device.mostAheadMs < 250, `${device.mostAheadMs} ms under way`);
    const steps = pace.stepsFor(program);
    assert.ok(Math.abs(steps - 75 / msPerStep) < 3, `${steps} steps in a submit`);
  });
}
