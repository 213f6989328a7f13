// Attention of queries [batch, queries, heads, size] to keys [batch, keys, groups, size] and values [batch, keys, groups,
// value_size], and its gradients. 64 threads compute 16 rows of a result, 64 columns of it: the scores of 16 queries and 16
// keys at a time are in workgroup memory (1 KiB), each thread has a quarter of the columns of a row in registers.
//
// attention: y, and for each query the largest score and the sum of exponentials, with the softmax computed as keys pass by.
// query_gradient, key_gradient, value_gradient: y is the gradient; weights follow from what `attention` kept, with the
// product of output and gradient behind it.
//
// needs: fn in_mask(u32, u32, u32, u32) -> bool, fn bias_of(u32, u32, u32, u32) -> f32,
//   fn factor_of(u32, u32, u32, u32) -> f32, load_query f32, load_key f32, load_value f32, load_stats f32,
//   load_gradient f32, store_y f32, store_stats f32, params { queries, keys, heads, groups, size, value_size, scale: f32,
//   causal, window, zero_empty, threshold, path, first, kept: f32 }

var<workgroup> tile: array<f32, 256>;

fn is_seen(b: u32, h: u32, i: u32, j: u32) -> bool {
  let away = select(j - i, i - j, i > j);
  return (params.causal == 0u || j <= i) && (params.window == 0u || away < params.window) && in_mask(b, h, i, j);
}

// The group of keys and values of a head.
fn group_of(h: u32) -> u32 {
  return h / (params.heads / params.groups);
}

fn query_row(b: u32, h: u32, i: u32) -> u32 {
  return (b * params.queries + i) * params.heads + h;
}

fn key_row(b: u32, h: u32, j: u32) -> u32 {
  return (b * params.keys + j) * params.groups + group_of(h);
}

// The place of a query among those of all heads.
fn place_of(b: u32, h: u32, i: u32) -> u32 {
  return (b * params.heads + h) * params.queries + i;
}

// By what dropout multiplies a weight: 0 where it is dropped. The bits belong to the places of query and key, so that the
// gradient draws the same again.
fn drawn_factor(counter: vec2<u32>, b: u32, h: u32, i: u32, j: u32) -> f32 {
  let words = philox(vec2(counter.x, params.path), vec4(j / 4u, counter.y, i, (params.first + b) * params.heads + h));
  return select(0.0, params.kept, words[j % 4u] >> 8u >= params.threshold);
}

// The score of a key that a query does not see is far below any other, and finite.
fn score_of(b: u32, h: u32, i: u32, j: u32) -> f32 {
  if (!is_seen(b, h, i, j)) {
    return -2.372671e38;
  }
  let q = query_row(b, h, i) * params.size;
  let k = key_row(b, h, j) * params.size;
  var sum = 0.0;
  for (var d = 0u; d < params.size; d++) {
    sum = fma(load_query(q + d), load_key(k + d), sum);
  }
  return sum * params.scale + bias_of(b, h, i, j);
}

fn attention_at(workgroup: u32, thread: u32) {
  let across = (params.value_size + 63u) / 64u;
  let down = (params.queries + 15u) / 16u;
  let part = workgroup % across;
  let slice = workgroup / (across * down);
  let h = slice % params.heads;
  let b = slice / params.heads;
  let row = thread / 4u;
  let quarter = thread % 4u;
  let i = workgroup / across % down * 16u + row;
  let column = part * 64u + quarter * 16u;
  var acc = mat4x4<f32>();
  var top = -3.4e38;
  var total = 0.0;
  for (var from_key = 0u; from_key < params.keys; from_key += 16u) {
    for (var c = 0u; c < 4u; c++) {
      let j = from_key + quarter * 4u + c;
      if (i < params.queries && j < params.keys) {
        tile[row * 16u + quarter * 4u + c] = score_of(b, h, i, j);
      }
    }
    workgroupBarrier();
    if (i < params.queries) {
      let count = min(16u, params.keys - from_key);
      var highest = top;
      for (var c = 0u; c < count; c++) {
        highest = maximum_f32(highest, tile[row * 16u + c]);
      }
      let shrunk = exp_f32(top - highest);
      acc = acc * shrunk;
      total *= shrunk;
      top = highest;
      for (var c = 0u; c < count; c++) {
        let j = from_key + c;
        var weight = exp_f32(tile[row * 16u + c] - top);
        if (params.zero_empty != 0u && !is_seen(b, h, i, j)) {
          weight = 0.0;
        }
        total += weight;
        weight *= factor_of(b, h, i, j);
        acc = acc + values_at(key_row(b, h, j) * params.value_size, column) * weight;
      }
    }
    workgroupBarrier();
  }
  if (i < params.queries) {
    let inverse = select(1.0 / total, 0.0, total == 0.0);
    store_row(query_row(b, h, i) * params.value_size, column, params.value_size, acc * inverse);
    if (part == 0u && quarter == 0u) {
      store_stats(2u * place_of(b, h, i), top);
      store_stats(2u * place_of(b, h, i) + 1u, total);
    }
  }
}

// 16 columns of a row, zeros beyond its end.
fn values_at(base: u32, column: u32) -> mat4x4<f32> {
  var m = mat4x4<f32>();
  for (var c = 0u; c < 16u; c++) {
    if (column + c < params.value_size) {
      m[c / 4u][c % 4u] = load_value(base + column + c);
    }
  }
  return m;
}

fn store_row(base: u32, column: u32, width: u32, values: mat4x4<f32>) {
  for (var c = 0u; c < 16u; c++) {
    if (column + c < width) {
      store_y(base + column + c, values[c / 4u][c % 4u]);
    }
  }
}

// The weight of a key before dropout, from what `attention` kept.
fn weight_of(b: u32, h: u32, i: u32, j: u32) -> f32 {
  let total = load_stats(3u * place_of(b, h, i) + 1u);
  if (total == 0.0 || (params.zero_empty != 0u && !is_seen(b, h, i, j))) {
    return 0.0;
  }
  return exp_f32(score_of(b, h, i, j) - load_stats(3u * place_of(b, h, i))) / total;
}

// The derivative by the product of a query and a key.
fn slope_of(b: u32, h: u32, i: u32, j: u32) -> f32 {
  if (!is_seen(b, h, i, j)) {
    return 0.0;
  }
  let g = query_row(b, h, i) * params.value_size;
  let v = key_row(b, h, j) * params.value_size;
  var sum = 0.0;
  for (var d = 0u; d < params.value_size; d++) {
    sum = fma(load_gradient(g + d), load_value(v + d), sum);
  }
  let slope = sum * factor_of(b, h, i, j) - load_stats(3u * place_of(b, h, i) + 2u);
  return weight_of(b, h, i, j) * slope * params.scale;
}

fn query_gradient_at(workgroup: u32, thread: u32) {
  let across = (params.size + 63u) / 64u;
  let down = (params.queries + 15u) / 16u;
  let slice = workgroup / (across * down);
  let h = slice % params.heads;
  let b = slice / params.heads;
  let row = thread / 4u;
  let quarter = thread % 4u;
  let i = workgroup / across % down * 16u + row;
  let column = workgroup % across * 64u + quarter * 16u;
  var acc = mat4x4<f32>();
  for (var from_key = 0u; from_key < params.keys; from_key += 16u) {
    for (var c = 0u; c < 4u; c++) {
      let j = from_key + quarter * 4u + c;
      if (i < params.queries && j < params.keys) {
        tile[row * 16u + quarter * 4u + c] = slope_of(b, h, i, j);
      }
    }
    workgroupBarrier();
    if (i < params.queries) {
      for (var c = 0u; c < min(16u, params.keys - from_key); c++) {
        acc = acc + keys_at(key_row(b, h, from_key + c) * params.size, column) * tile[row * 16u + c];
      }
    }
    workgroupBarrier();
  }
  if (i < params.queries) {
    store_row(query_row(b, h, i) * params.size, column, params.size, acc);
  }
}

fn keys_at(base: u32, column: u32) -> mat4x4<f32> {
  var m = mat4x4<f32>();
  for (var c = 0u; c < 16u; c++) {
    if (column + c < params.size) {
      m[c / 4u][c % 4u] = load_key(base + column + c);
    }
  }
  return m;
}

fn key_gradient_at(workgroup: u32, thread: u32) {
  let across = (params.size + 63u) / 64u;
  let down = (params.keys + 15u) / 16u;
  let slice = workgroup / (across * down);
  let group = slice % params.groups;
  let b = slice / params.groups;
  let row = thread / 4u;
  let quarter = thread % 4u;
  let j = workgroup / across % down * 16u + row;
  let column = workgroup % across * 64u + quarter * 16u;
  let each = params.heads / params.groups;
  var acc = mat4x4<f32>();
  for (var h = group * each; h < (group + 1u) * each; h++) {
    for (var from_query = 0u; from_query < params.queries; from_query += 16u) {
      for (var c = 0u; c < 4u; c++) {
        let i = from_query + quarter * 4u + c;
        if (i < params.queries && j < params.keys) {
          tile[row * 16u + quarter * 4u + c] = slope_of(b, h, i, j);
        }
      }
      workgroupBarrier();
      if (j < params.keys) {
        for (var c = 0u; c < min(16u, params.queries - from_query); c++) {
          acc = acc + queries_at(query_row(b, h, from_query + c) * params.size, column) * tile[row * 16u + c];
        }
      }
      workgroupBarrier();
    }
  }
  if (j < params.keys) {
    store_row(((b * params.keys + j) * params.groups + group) * params.size, column, params.size, acc);
  }
}

fn queries_at(base: u32, column: u32) -> mat4x4<f32> {
  var m = mat4x4<f32>();
  for (var c = 0u; c < 16u; c++) {
    if (column + c < params.size) {
      m[c / 4u][c % 4u] = load_query(base + column + c);
    }
  }
  return m;
}

fn value_gradient_at(workgroup: u32, thread: u32) {
  let across = (params.value_size + 63u) / 64u;
  let down = (params.keys + 15u) / 16u;
  let slice = workgroup / (across * down);
  let group = slice % params.groups;
  let b = slice / params.groups;
  let row = thread / 4u;
  let quarter = thread % 4u;
  let j = workgroup / across % down * 16u + row;
  let column = workgroup % across * 64u + quarter * 16u;
  let each = params.heads / params.groups;
  var acc = mat4x4<f32>();
  for (var h = group * each; h < (group + 1u) * each; h++) {
    for (var from_query = 0u; from_query < params.queries; from_query += 16u) {
      for (var c = 0u; c < 4u; c++) {
        let i = from_query + quarter * 4u + c;
        if (i < params.queries && j < params.keys) {
          tile[row * 16u + quarter * 4u + c] = weight_of(b, h, i, j) * factor_of(b, h, i, j);
        }
      }
      workgroupBarrier();
      if (j < params.keys) {
        for (var c = 0u; c < min(16u, params.queries - from_query); c++) {
          acc = acc + gradients_at(query_row(b, h, from_query + c) * params.value_size, column) * tile[row * 16u + c];
        }
      }
      workgroupBarrier();
    }
  }
  if (j < params.keys) {
    store_row(((b * params.keys + j) * params.groups + group) * params.value_size, column, params.value_size, acc);
  }
}

fn gradients_at(base: u32, column: u32) -> mat4x4<f32> {
  var m = mat4x4<f32>();
  for (var c = 0u; c < 16u; c++) {
    if (column + c < params.value_size) {
      m[c / 4u][c % 4u] = load_gradient(base + column + c);
    }
  }
  return m;
}
