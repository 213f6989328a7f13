// A window that slides over three spatial axes, some of extent 1: functions for convolutions and pools.
//
// Position o and tap t meet element o * stride + t * dilation - low. Each axis is described by two vectors of
// params.axes: (extent, positions, taps, stride) and (dilation, low, 0, 0).
//
// needs: params { axes: vec4s }

struct Place {
  n: u32,
  at: vec3<u32>,
}

fn extents() -> vec3<u32> {
  return vec3(params.axes[0].x, params.axes[2].x, params.axes[4].x);
}

fn positions() -> vec3<u32> {
  return vec3(params.axes[0].y, params.axes[2].y, params.axes[4].y);
}

fn tap_counts() -> vec3<u32> {
  return vec3(params.axes[0].z, params.axes[2].z, params.axes[4].z);
}

fn strides() -> vec3<u32> {
  return vec3(params.axes[0].w, params.axes[2].w, params.axes[4].w);
}

fn dilations() -> vec3<u32> {
  return vec3(params.axes[1].x, params.axes[3].x, params.axes[5].x);
}

fn lows() -> vec3<u32> {
  return vec3(params.axes[1].y, params.axes[3].y, params.axes[5].y);
}

fn place_of(index: u32, size: vec3<u32>) -> Place {
  let w = index % size.z;
  let rest = index / size.z;
  let h = rest % size.y;
  let plane = rest / size.y;
  return Place(plane / size.x, vec3(plane % size.x, h, w));
}

fn index_of(n: u32, at: vec3<u32>, size: vec3<u32>) -> u32 {
  return ((n * size.x + at.x) * size.y + at.y) * size.z + at.z;
}
