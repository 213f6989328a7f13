// How much memory the system can still give this process.
#pragma once

#include <cstdint>
#include <string>

namespace ceratops {

// The bytes that can be had without another program, or this one, being ended for want of memory: what the system has
// left, and what the control groups of this process leave it. On systems that do not say, as many as there are numbers.
// `root` comes before the paths of the system's files.
std::uint64_t available_memory(const std::string& root);

}  // namespace ceratops
