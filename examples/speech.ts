// Digits, spoken by a machine: each is a word of two tones that glide or stay. Data for speech recognition.
import { ops, type Tensor, tensor } from "../mod.ts";
import { randomInteger } from "./random_numbers.ts";

/** Samples in a second. */
export const sampleRate = 4000;
/** Samples in a recording, 1.7 s. */
export const recordingLength = 6800;
/** The most digits in a recording. */
export const mostDigits = 4;

/** A tone: its frequencies at the start and at the end of a word, in Hz. */
type Tone = readonly [from: number, to: number];

/** The two tones of each digit. No digit can be told by one of them alone. */
export const words: readonly (readonly [low: Tone, high: Tone])[] = [
  [[300, 300], [1000, 1000]],
  [[300, 300], [1000, 1600]],
  [[300, 300], [1600, 1000]],
  [[300, 600], [1000, 1000]],
  [[300, 600], [1000, 1600]],
  [[300, 600], [1600, 1000]],
  [[600, 300], [1000, 1000]],
  [[600, 300], [1000, 1600]],
  [[600, 300], [1600, 1000]],
  [[600, 600], [1600, 1600]],
];

/**
 * A recording `[samples, 1]` of digits, at most `mostDigits`, in which noise is as loud as the words. Pitch, tempo and loudness change
 * from recording to recording, the length of words and pauses from word to word.
 */
export function speak(digits: readonly number[], random: () => number): Tensor {
  const between = (low: number, high: number) => low + (high - low) * random();
  const [pitch, tempo, loudness] = [between(0.94, 1.06), between(0.7, 1.3), between(0.2, 0.5)];
  const recording = Float32Array.from({ length: recordingLength }, () => between(-0.4, 0.4));
  const pause = () => Math.round(between(0.02, 0.07) * sampleRate);
  let at = pause();
  for (const digit of digits) {
    const length = Math.round(0.22 * tempo * between(0.85, 1.15) * sampleRate);
    const phases = [between(0, 2 * Math.PI), between(0, 2 * Math.PI)];
    for (let i = 0; i < length; i++) {
      const progress = i / length;
      for (const [tone, [from, to]] of words[digit].entries()) {
        phases[tone] += 2 * Math.PI * pitch * (from + (to - from) * progress) / sampleRate;
        // It grows louder at first, and softer at the end.
        recording[at + i] += loudness * Math.sin(Math.PI * progress) * Math.sin(phases[tone]);
      }
    }
    at += length + pause();
  }
  return tensor(recording, [recordingLength, 1]);
}

/** Recordings `[count, samples, 1]`, each of one to four digits, and these digits. */
export function record(count: number, random: () => number): { recordings: Tensor; spoken: number[][] } {
  const draw = () => Array.from({ length: 1 + randomInteger(random, mostDigits) }, () => randomInteger(random, 10));
  const spoken = Array.from({ length: count }, draw);
  return { recordings: ops.stack(spoken.map((digits) => speak(digits, random)), 0), spoken };
}
