// The Vulkan drivers in software that WebGPU is tested on: the system's, and SwiftShader, which Chromium brings along.

const descriptions = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];

/** What the Vulkan loader reads: the file that describes the driver; the second is the older name. */
const variables = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const;

/** The description of SwiftShader's driver, where it is installed. */
export const swiftShader: string | undefined = descriptions.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** The driver that this process was told to use; the system's where it was told none. */
export const chosenDriver: string | undefined = variables.map((name) => Deno.env.get(name)).find((value) => value);

/** The environment of a process that uses a driver: that of this one but for the driver. */
export function environmentFor(driver: string | undefined): Record<string, string> {
  const env = Deno.env.toObject();
  for (const name of variables) {
    delete env[name];
    if (driver) env[name] = driver;
  }
  return env;
}
