/** The peak memory of this process in MiB, if the system reports it; else its current memory. */
export async function peakMiB(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const peak = /VmHWM:\s+(\d+) kB/.exec(status);
  return Math.round((peak ? Number(peak[1]) * 1024 : Deno.memoryUsage().rss) / 2 ** 20);
}
