#include "host_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

namespace ceratops {

namespace {

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

// The number after a name in a file of lines such as `MemAvailable:  1024 kB` or `inactive_file 1024`.
std::uint64_t number_named(const std::string& path, const std::string& name, std::uint64_t otherwise) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t value;
  while (file >> word) {
    if (word == name && file >> value) return value;
  }
  return otherwise;
}

// The number that a file is; `otherwise` where there is none, as in one that says `max`.
std::uint64_t number_in(const std::string& path, std::uint64_t otherwise) {
  std::ifstream file(path);
  std::uint64_t value;
  return file >> value ? value : otherwise;
}

// What a group leaves of its limit. Its cached files can be dropped.
std::uint64_t left_in_group(const std::string& folder, const char* limit_name, const char* usage_name,
                            const char* cache_name) {
  const std::uint64_t limit = number_in(folder + limit_name, unknown);
  if (limit == unknown) return unknown;
  const std::uint64_t usage = number_in(folder + usage_name, 0);
  const std::uint64_t cached = number_named(folder + "/memory.stat", cache_name, 0);
  const std::uint64_t used = usage > cached ? usage - cached : 0;
  return limit > used ? limit - used : 0;
}

// What the control groups of this process leave it, by the lines of /proc/self/cgroup: `0::/path` for version 2, and
// `5:memory:/path` for version 1. Inside of a container the path may be that outside, and the limit at the top.
std::uint64_t left_in_groups(const std::string& root) {
  std::uint64_t least = unknown;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool unified = controllers == ",,";
    if (!unified && controllers.find(",memory,") == std::string::npos) continue;
    const std::string top = root + (unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    // A limit holds for the groups inside too.
    for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
      if (path == "/") path.clear();
      least = std::min(least, unified ? left_in_group(top + path, "/memory.max", "/memory.current", "inactive_file")
                                      : left_in_group(top + path, "/memory.limit_in_bytes", "/memory.usage_in_bytes",
                                                      "total_inactive_file"));
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return least;
}

}  // namespace

std::uint64_t available_memory(const std::string& root) {
  // Only Linux has this file.
  const std::string meminfo = root + "/proc/meminfo";
  const std::uint64_t available = number_named(meminfo, "MemAvailable:", unknown);
  if (available == unknown) return unknown;
  return std::min((available + number_named(meminfo, "SwapFree:", 0)) * 1024, left_in_groups(root));
}

}  // namespace ceratops
