// Dates as people write them, and as ISO 8601 does: data for translation.
import { randomInteger, randomNumbers } from "./random_numbers.ts";

const months = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The parts of a date. */
interface Parts {
  readonly day: number;
  readonly month: number;
  readonly year: number;
  readonly weekday: string;
}

const padded = (number: number) => String(number).padStart(2, "0");
const monthOf = ({ month }: Parts) => months[month - 1];
const shortYear = ({ year }: Parts) => padded(year % 100);

/** A number with its ending, such as `1st`. */
function ordinal(number: number): string {
  const ending = number > 10 && number < 14 ? undefined : ["", "st", "nd", "rd"][number % 10];
  return `${number}${ending || "th"}`;
}

/** The spellings. Between slashes the month is first; a year of two digits is one from 1970 to 2069. */
export const spellings: readonly ((date: Parts) => string)[] = [
  (date) => `${date.day} ${monthOf(date)} ${date.year}`,
  (date) => `${monthOf(date)} ${date.day}, ${date.year}`,
  (date) => `${date.weekday}, ${date.day} ${monthOf(date)} ${date.year}`,
  (date) => `the ${ordinal(date.day)} of ${monthOf(date)}, ${date.year}`,
  (date) => `${monthOf(date)} ${ordinal(date.day)} '${shortYear(date)}`,
  (date) => `${date.weekday.slice(0, 3)} ${monthOf(date).slice(0, 3)} ${date.day} ${date.year}`,
  (date) => `${date.day}-${monthOf(date).slice(0, 3)}-${shortYear(date)}`,
  (date) => `${padded(date.day)}.${padded(date.month)}.${date.year}`,
  (date) => `${date.day}.${date.month}.${shortYear(date)}`,
  (date) => `${date.month}/${date.day}/${date.year}`,
  (date) => `${padded(date.month)}/${padded(date.day)}/${shortYear(date)}`,
  (date) => `${date.year}, ${monthOf(date)} ${date.day}`,
];

const millisecondsPerDay = 24 * 60 * 60 * 1000;
/** The number of days from the first of 1970 to the last of 2069. */
export const dayCount = Date.UTC(2070, 0, 1) / millisecondsPerDay;

/** A date as people write it, and as ISO 8601 does. */
export interface Pair {
  readonly spelled: string;
  readonly iso: string;
}

/** Day `number` from the first of January 1970, which is 0, in the spelling of this number. */
export function pairOf(number: number, spelling: number): Pair {
  const date = new Date(number * millisecondsPerDay);
  const parts = {
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    year: date.getUTCFullYear(),
    weekday: weekdays[date.getUTCDay()],
  };
  return { spelled: spellings[spelling](parts), iso: date.toISOString().slice(0, 10) };
}

/** Dates to learn from, and others to test with: days that are not among the first in any spelling. */
export function drawDates(train: number, test: number, seed: number): { train: Pair[]; test: Pair[] } {
  const random = randomNumbers(seed);
  const days = Array.from({ length: dayCount }, (_, number) => number);
  // Moves days to test with, drawn at random, to the front.
  for (let i = 0; i < test; i++) {
    const j = i + randomInteger(random, dayCount - i);
    [days[i], days[j]] = [days[j], days[i]];
  }
  const inSomeSpelling = (day: number) => pairOf(day, randomInteger(random, spellings.length));
  return {
    train: Array.from({ length: train }, () => inSomeSpelling(days[test + randomInteger(random, dayCount - test)])),
    test: days.slice(0, test).map(inSomeSpelling),
  };
}
