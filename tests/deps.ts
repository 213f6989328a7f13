// The npm packages that only tests use, pinned.

/** Drives the browser in which the tests run shaders. */
export { type Browser, chromium } from "npm:playwright-core@1.65.1";

/** Parses XML. */
export { DOMParser } from "npm:@xmldom/xmldom@0.9.12";
