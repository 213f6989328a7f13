// The area on which digits are drawn, by pointer or by keyboard, and the digit as the network gets it.
/// <reference lib="dom" />
import type { Pixels } from "./messages.ts";

type Point = readonly [x: number, y: number];

/** The side of the area in its own units, and of a digit in pixels. */
const side = 280;
export const digitSide = 28;
/** The box that a digit fills, and the width of its strokes in pixels: about those of the training images. */
const [box, stroke] = [20, 2.4];
/** The width of strokes on the screen, and how far a key moves the pen. */
const [shownStroke, step] = [20, 10];

const arrows: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A digit that is drawn, or given. */
export class DrawingArea {
  readonly #canvas: HTMLCanvasElement;
  readonly #changed: () => void;
  readonly #say: (text: string) => void;
  #strokes: Point[][] = [];
  #given: Pixels | undefined;
  #pen: Point = [side / 2, side / 4];
  #isDown = false;

  /** Takes where to draw, and what to call after a change and to tell users of the keyboard. */
  constructor(canvas: HTMLCanvasElement, changed: () => void, say: (text: string) => void) {
    [this.#canvas, this.#changed, this.#say] = [canvas, changed, say];
    // Twice the size on the screen, for sharp ones.
    canvas.width = canvas.height = 2 * side;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => this.show());
    canvas.addEventListener("blur", () => {
      this.#isDown = false;
      this.show();
    });
    this.show();
  }

  /** Whether nothing is drawn. */
  get isEmpty(): boolean {
    return this.#strokes.length === 0 && !this.#given;
  }

  /** Removes the digit. */
  clear(): void {
    this.#strokes = [];
    this.#given = undefined;
    this.#isDown = false;
    this.#update();
  }

  /** Shows a digit in place of the drawn one. */
  give(pixels: Pixels): void {
    this.clear();
    this.#given = pixels;
    this.#update();
  }

  /**
   * The digit as the training images have theirs: in a box of 20 by 20 pixels, the center of its ink in the middle of
   * 28 by 28.
   */
  pixels(): Pixels {
    if (this.#given) return this.#given;
    const points = this.#strokes.flat();
    if (points.length === 0) return new Uint8Array(digitSide ** 2);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
    // A dot is no digit that fills the box.
    const scale = (box - stroke) / Math.max(width, height, side / 4);
    const middle: Point = [left + width / 2, top + height / 2];
    const centered = this.#ink(scale, middle, [digitSide / 2, digitSide / 2]);
    const [x, y] = centerOf(centered);
    return this.#ink(scale, middle, [digitSide - x, digitSide - y]);
  }

  /** The strokes, scaled around a point that comes to another. */
  #ink(scale: number, from: Point, to: Point): Pixels {
    const canvas = new OffscreenCanvas(digitSide, digitSide);
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.translate(...to);
    context.scale(scale, scale);
    context.translate(-from[0], -from[1]);
    trace(context, this.#strokes, stroke / scale, "white");
    const { data } = context.getImageData(0, 0, digitSide, digitSide);
    return Uint8Array.from({ length: digitSide ** 2 }, (_, i) => data[4 * i + 3]);
  }

  #update(): void {
    this.show();
    this.#changed();
  }

  /** Draws the area, in the colors of the page. */
  show(): void {
    const canvas = this.#canvas;
    const context = canvas.getContext("2d")!;
    const { color } = getComputedStyle(canvas);
    context.resetTransform();
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(canvas.width / side, canvas.height / side);
    if (this.#given) {
      context.imageSmoothingEnabled = false;
      context.drawImage(pictureOf(this.#given, digitSide, color), 0, 0, side, side);
    }
    trace(context, this.#strokes, shownStroke, color);
    if (document.activeElement !== canvas || !canvas.matches(":focus-visible")) return;
    const accent = getComputedStyle(canvas).getPropertyValue("--accent");
    context.beginPath();
    context.arc(...this.#pen, shownStroke / 2, 0, 2 * Math.PI);
    context.lineWidth = 3;
    context.strokeStyle = context.fillStyle = accent;
    if (this.#isDown) context.fill();
    context.stroke();
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#given = undefined;
    this.#strokes.push([this.#pointOf(event)]);
    this.#update();
  }

  #move(event: PointerEvent): void {
    if (!(event.buttons & 1) || !this.#canvas.hasPointerCapture(event.pointerId)) return;
    for (const part of event.getCoalescedEvents?.() ?? []) this.#strokes.at(-1)?.push(this.#pointOf(part));
    this.#strokes.at(-1)?.push(this.#pointOf(event));
    this.#update();
  }

  #pointOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [side * (clientX - left) / width, side * (clientY - top) / height];
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (arrow) {
      const within = (at: number) => Math.min(side - step, Math.max(step, at));
      this.#pen = [within(this.#pen[0] + step * arrow[0]), within(this.#pen[1] + step * arrow[1])];
      if (this.#isDown) this.#strokes.at(-1)?.push(this.#pen);
      if (this.#isDown) this.#update();
      else this.show();
    } else if (event.key === " ") {
      this.#isDown = !this.#isDown;
      if (this.#isDown) {
        this.#given = undefined;
        this.#strokes.push([this.#pen]);
      }
      this.#say(this.#isDown ? "The pen is down" : "The pen is up");
      this.#update();
    } else if (event.key === "Backspace" || event.key === "Delete") {
      this.clear();
      this.#say("The drawing is empty");
    } else return;
    event.preventDefault();
  }
}

/** Draws strokes with round ends. */
function trace(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly (readonly Point[])[],
  width: number,
  color: string,
): void {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.strokeStyle = color;
  for (const [first, ...others] of strokes) {
    context.beginPath();
    context.moveTo(...first);
    // A point alone is a dot.
    for (const point of others.length > 0 ? others : [first]) context.lineTo(...point);
    context.stroke();
  }
}

/** The center of the ink. */
function centerOf(pixels: Pixels): Point {
  let [sum, x, y] = [0, 0, 0];
  pixels.forEach((ink, i) => {
    sum += ink;
    x += ink * (i % digitSide + 0.5);
    y += ink * (Math.floor(i / digitSide) + 0.5);
  });
  return sum === 0 ? [digitSide / 2, digitSide / 2] : [x / sum, y / sum];
}

/** Bytes as a picture: the larger, the less transparent. */
export function pictureOf(bytes: ArrayLike<number>, columns: number, color: string): OffscreenCanvas {
  const rows = Math.ceil(bytes.length / columns);
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d")!;
  context.fillStyle = color;
  context.fillRect(0, 0, columns, rows);
  const image = context.getImageData(0, 0, columns, rows);
  for (let i = 0; i < columns * rows; i++) image.data[4 * i + 3] = bytes[i] ?? 0;
  context.putImageData(image, 0, 0);
  return canvas;
}
