// What becomes of the finished sums of up to four neighbouring channels: epilogue(channel, index, sum), one by one.

fn finish4(channel: u32, i: u32, count: u32, sums: vec4<f32>) {
  epilogue(channel, i, sums.x);
  if (count > 1u) {
    epilogue(channel + 1u, i + 1u, sums.y);
  }
  if (count > 2u) {
    epilogue(channel + 2u, i + 2u, sums.z);
  }
  if (count > 3u) {
    epilogue(channel + 3u, i + 3u, sums.w);
  }
}
