// Ungrouped convolutions and their gradients for software adapters: each thread computes a tile of 8 x TILE_COLUMNS (8
// or 4) sums in registers, and divides its indices once; no workgroup memory, no barriers.
//
// x [batch, ...extents, inputs], kernel [...taps, inputs, outputs], y [batch, ...positions, outputs]; windows are
// described in windows.wgsl. Threads cover all tiles in row-major order.
//
// tile: the matrix [m, n] of y (its rows are positions), or if IS_TRANSPOSE, with strides 1, of x (its rows are
// extents), from `source`, the other one, with `inner` channels, and `factor`, the kernel. filter_tile: the matrix [m,
// n] of the kernel, whose rows are taps and inputs, from `source`, which is x, and `factor`, which is y; the positions
// are split into partial sums of `split_rows` rows, stored one after another.
//
// QUADS: the channels of `source` are a multiple of four and are loaded as quads. HAS_PADDING: windows overhang the
// source and see zeros there. Tiles may overhang too: values loaded there are undefined (WebGPU bounds the reads) and
// not stored. Sums go through epilogue.wgsl.
//
// needs: load_source f32, load_source_quad vec4<f32>, load_factor f32, load_factor_quad vec4<f32>, const TILE_COLUMNS u32,
//   const IS_TRANSPOSE, const QUADS, const HAS_PADDING, params { m, n, inner, rows, split_rows }

// Four places in an array [batch, extents, channels]: their elements, and their coordinates along each axis, possibly
// outside.
struct Places {
  element: vec4<i32>,
  x: vec4<i32>,
  y: vec4<i32>,
  z: vec4<i32>,
}

// Which of four places, moved by `shift`, are inside.
fn seen(places: Places, shift: vec3<i32>, size: vec3<u32>) -> vec4<bool> {
  if (!HAS_PADDING) {
    return vec4(true);
  }
  // Negative coordinates wrap to huge u32 values and fail this test.
  return (vec4<u32>(places.x + shift.x) < vec4(size.x)) & (vec4<u32>(places.y + shift.y) < vec4(size.y)) &
    (vec4<u32>(places.z + shift.z) < vec4(size.z));
}

fn load_place(element: i32, is_seen: bool) -> f32 {
  return select(0.0, load_source(u32(element)), is_seen);
}

fn load_places(element: vec4<i32>, is_seen: vec4<bool>) -> vec4<f32> {
  return vec4(
    load_place(element.x, is_seen.x),
    load_place(element.y, is_seen.y),
    load_place(element.z, is_seen.z),
    load_place(element.w, is_seen.w),
  );
}

fn load_quad(element: i32, is_seen: bool) -> vec4<f32> {
  return select(vec4<f32>(), load_source_quad(u32(element)), is_seen);
}

// Adds four terms to the sums of one row: `terms` are the source's, and column k of `factors` multiplies term k.
fn add_terms(sums: vec4<f32>, terms: vec4<f32>, factors: mat4x4<f32>) -> vec4<f32> {
  let first = fma(factors[1], vec4(terms.y), fma(factors[0], vec4(terms.x), sums));
  return fma(factors[3], vec4(terms.w), fma(factors[2], vec4(terms.z), first));
}

fn add_quads(block: mat4x4<f32>, quads: mat4x4<f32>, factors: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    add_terms(block[0], quads[0], factors),
    add_terms(block[1], quads[1], factors),
    add_terms(block[2], quads[2], factors),
    add_terms(block[3], quads[3], factors),
  );
}

fn load_quads(element: vec4<i32>, is_seen: vec4<bool>) -> mat4x4<f32> {
  return mat4x4<f32>(
    load_quad(element.x, is_seen.x),
    load_quad(element.y, is_seen.y),
    load_quad(element.z, is_seen.z),
    load_quad(element.w, is_seen.w),
  );
}

// The kernel at a tap, for channel k of the source and four columns.
fn factors_at(tap: u32, k: u32, col: u32) -> vec4<f32> {
  let step = params.inner;
  if (IS_TRANSPOSE) {
    let i = (tap * params.n + col) * step + k;
    return vec4(load_factor(i), load_factor(i + step), load_factor(i + 2u * step), load_factor(i + 3u * step));
  }
  return load_factor_quad((tap * step + k) * params.n + col);
}

// The same for channels k to k + 3 of the source, one column each.
fn factor_quads_at(tap: u32, k: u32, col: u32) -> mat4x4<f32> {
  if (IS_TRANSPOSE) {
    let step = params.inner;
    let i = (tap * params.n + col) * step + k;
    return transpose(mat4x4<f32>(
      load_factor_quad(i),
      load_factor_quad(i + step),
      load_factor_quad(i + 2u * step),
      load_factor_quad(i + 3u * step),
    ));
  }
  return mat4x4<f32>(
    factors_at(tap, k, col),
    factors_at(tap, k + 1u, col),
    factors_at(tap, k + 2u, col),
    factors_at(tap, k + 3u, col),
  );
}

// The next place in row-major order.
fn next_place(place: Place, size: vec3<u32>) -> Place {
  var next = place;
  next.at.z += 1u;
  if (next.at.z == size.z) {
    next.at.z = 0u;
    next.at.y += 1u;
  }
  if (next.at.y == size.y) {
    next.at.y = 0u;
    next.at.x += 1u;
  }
  if (next.at.x == size.x) {
    next.at.x = 0u;
    next.n += 1u;
  }
  return next;
}

// The start of a place's window in the source.
fn begin(place: Place) -> vec3<i32> {
  if (IS_TRANSPOSE) {
    return vec3<i32>(place.at + lows());
  }
  return vec3<i32>(place.at * strides()) - vec3<i32>(lows());
}

fn element_of(n: u32, at: vec3<i32>, size: vec3<i32>) -> i32 {
  return ((i32(n) * size.x + at.x) * size.y + at.y) * size.z + at.z;
}

// The starts of the windows of four consecutive places in a source with `channels` channels.
fn begins(first: Place, windows: vec3<u32>, size: vec3<u32>, channels: u32) -> Places {
  let second = next_place(first, windows);
  let third = next_place(second, windows);
  let fourth = next_place(third, windows);
  let a = begin(first);
  let b = begin(second);
  let c = begin(third);
  let d = begin(fourth);
  let extent = vec3<i32>(size);
  let element = vec4(
    element_of(first.n, a, extent),
    element_of(second.n, b, extent),
    element_of(third.n, c, extent),
    element_of(fourth.n, d, extent),
  );
  return Places(
    element * i32(channels),
    vec4(a.x, b.x, c.x, d.x),
    vec4(a.y, b.y, c.y, d.y),
    vec4(a.z, b.z, c.z, d.z),
  );
}

// Stores the tile of 8 x TILE_COLUMNS sums that starts at (row, col); block_0_1 and block_1_1 are the columns after the
// first four.
fn store_tile(
  y: u32,
  row: u32,
  col: u32,
  block_0_0: mat4x4<f32>,
  block_0_1: mat4x4<f32>,
  block_1_0: mat4x4<f32>,
  block_1_1: mat4x4<f32>,
) {
  let rows = count_inside(row, 8u, params.m);
  let columns = count_inside(col, TILE_COLUMNS, params.n);
  let rows_1 = rows - min(rows, 4u);
  let columns_1 = columns - min(columns, 4u);
  store_partial(y, row, col, rows, columns, block_0_0);
  store_partial(y, row + 4u, col, rows_1, columns, block_1_0);
  if (TILE_COLUMNS > 4u) {
    store_partial(y, row, col + 4u, rows, columns_1, block_0_1);
    store_partial(y, row + 4u, col + 4u, rows_1, columns_1, block_1_1);
  }
  apply_epilogue(y, row, col, rows, columns);
}

fn tile_at(i: u32) {
  let across = (params.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let row = i / across * 8u;
  let col = i % across * TILE_COLUMNS;
  var size = extents();
  var windows = positions();
  var step = vec3<i32>(dilations());
  if (IS_TRANSPOSE) {
    size = positions();
    windows = extents();
    step = -step;
  }
  let taps = tap_counts();
  var place = place_of(row, windows);
  let rows_0 = begins(place, windows, size, params.inner);
  place = next_place(next_place(next_place(next_place(place, windows), windows), windows), windows);
  let rows_1 = begins(place, windows, size, params.inner);
  var acc_0_0 = mat4x4<f32>();
  var acc_0_1 = mat4x4<f32>();
  var acc_1_0 = mat4x4<f32>();
  var acc_1_1 = mat4x4<f32>();
  var tap = 0u;
  for (var x = 0u; x < taps.x; x++) {
    for (var y = 0u; y < taps.y; y++) {
      for (var z = 0u; z < taps.z; z++) {
        let shift = vec3(i32(x), i32(y), i32(z)) * step;
        let moved = element_of(0u, shift, vec3<i32>(size)) * i32(params.inner);
        let seen_0 = seen(rows_0, shift, size);
        let seen_1 = seen(rows_1, shift, size);
        let from_0 = rows_0.element + moved;
        let from_1 = rows_1.element + moved;
        if (QUADS) {
          for (var k = 0u; k < params.inner; k += 4u) {
            let quads_0 = load_quads(from_0 + i32(k), seen_0);
            let quads_1 = load_quads(from_1 + i32(k), seen_1);
            let factors = factor_quads_at(tap, k, col);
            acc_0_0 = add_quads(acc_0_0, quads_0, factors);
            acc_1_0 = add_quads(acc_1_0, quads_1, factors);
            if (TILE_COLUMNS > 4u) {
              let factors_1 = factor_quads_at(tap, k, col + 4u);
              acc_0_1 = add_quads(acc_0_1, quads_0, factors_1);
              acc_1_1 = add_quads(acc_1_1, quads_1, factors_1);
            }
          }
        } else {
          for (var k = 0u; k < params.inner; k++) {
            let terms_0 = load_places(from_0 + i32(k), seen_0);
            let terms_1 = load_places(from_1 + i32(k), seen_1);
            let factors = factors_at(tap, k, col);
            acc_0_0 = add_outer(acc_0_0, terms_0, factors);
            acc_1_0 = add_outer(acc_1_0, terms_1, factors);
            if (TILE_COLUMNS > 4u) {
              let factors_1 = factors_at(tap, k, col + 4u);
              acc_0_1 = add_outer(acc_0_1, terms_0, factors_1);
              acc_1_1 = add_outer(acc_1_1, terms_1, factors_1);
            }
          }
        }
        tap += 1u;
      }
    }
  }
  store_tile(0u, row, col, acc_0_0, acc_0_1, acc_1_0, acc_1_1);
}

// A row of the kernel: the offset of its element from the start of a window, and the coordinates of that offset.
fn row_of_kernel(row: u32, size: vec3<u32>) -> vec4<i32> {
  let at = vec3<i32>(place_of(row / params.inner, tap_counts()).at * dilations());
  return vec4(element_of(0u, at, vec3<i32>(size)) * i32(params.inner) + i32(row % params.inner), at);
}

fn rows_of_kernel(row: u32, size: vec3<u32>) -> Places {
  let a = row_of_kernel(row, size);
  let b = row_of_kernel(row + 1u, size);
  let c = row_of_kernel(row + 2u, size);
  let d = row_of_kernel(row + 3u, size);
  return Places(
    vec4(a.x, b.x, c.x, d.x),
    vec4(a.y, b.y, c.y, d.y),
    vec4(a.z, b.z, c.z, d.z),
    vec4(a.w, b.w, c.w, d.w),
  );
}

fn filter_tile_at(i: u32) {
  let across = (params.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let tiles = across * ((params.m + 7u) / 8u);
  let split = i / tiles;
  let row = i % tiles / across * 8u;
  let col = i % across * TILE_COLUMNS;
  let size = extents();
  let windows = positions();
  let rows_0 = rows_of_kernel(row, size);
  let rows_1 = rows_of_kernel(row + 4u, size);
  var acc_0_0 = mat4x4<f32>();
  var acc_0_1 = mat4x4<f32>();
  var acc_1_0 = mat4x4<f32>();
  var acc_1_1 = mat4x4<f32>();
  let end = min(params.rows, (split + 1u) * params.split_rows);
  var place = place_of(split * params.split_rows, windows);
  for (var window = split * params.split_rows; window < end; window++) {
    let shift = begin(place);
    let start = element_of(place.n, shift, vec3<i32>(size)) * i32(params.inner);
    let seen_0 = seen(rows_0, shift, size);
    let seen_1 = seen(rows_1, shift, size);
    var terms_0: vec4<f32>;
    var terms_1: vec4<f32>;
    if (QUADS) {
      terms_0 = load_quad(start + rows_0.element.x, seen_0.x);
      terms_1 = load_quad(start + rows_1.element.x, seen_1.x);
    } else {
      terms_0 = load_places(start + rows_0.element, seen_0);
      terms_1 = load_places(start + rows_1.element, seen_1);
    }
    let y = window * params.n + col;
    let factors = load_factor_quad(y);
    acc_0_0 = add_outer(acc_0_0, terms_0, factors);
    acc_1_0 = add_outer(acc_1_0, terms_1, factors);
    if (TILE_COLUMNS > 4u) {
      let factors_1 = load_factor_quad(y + 4u);
      acc_0_1 = add_outer(acc_0_1, terms_0, factors_1);
      acc_1_1 = add_outer(acc_1_1, terms_1, factors_1);
    }
    place = next_place(place, windows);
  }
  store_tile(split * params.m * params.n, row, col, acc_0_0, acc_0_1, acc_1_0, acc_1_1);
}
