// The software Vulkan drivers that WebGPU is tested on: the system's, and SwiftShader, which comes with Chromium.

const descriptions = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];

/** The variables with which the Vulkan loader is given a driver's manifest; the second is the older name. */
const variables = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const;

/** The manifest of SwiftShader's driver, if it is installed. */
export const swiftShader: string | undefined = descriptions.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** The driver that this process was given; the system's by default. */
export const chosenDriver: string | undefined = variables.map((name) => Deno.env.get(name)).find((value) => value);

/** The environment of a process that uses a driver: this one's, except for the driver. */
export function environmentFor(driver: string | undefined): Record<string, string> {
  const env = Deno.env.toObject();
  for (const name of variables) {
    delete env[name];
    if (driver) env[name] = driver;
  }
  return env;
}
