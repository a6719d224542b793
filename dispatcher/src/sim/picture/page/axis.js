// Virtual time and the place of a moment on the axis, from 0 to 1.

// All moments at which anything happens, in order, each once.
function momentsOf(models) {
  const all = [];
  for (const model of models) {
    all.push(Float64Array.of(0, model.end));
    all.push(model.runs.at, model.waits.from, model.waits.until, model.messages.sent, model.marks.at);
    all.push(model.messages.arrives.filter((time) => time <= model.end));
    all.push(Float64Array.from(model.faults, (fault) => fault.at));
    all.push(Float64Array.from(model.outputs, (output) => output.at));
    all.push(Float64Array.from(model.hosts.flatMap((host) => host.spans.flatMap(([, from, until]) => [from, until]))));
  }
  const times = new Float64Array(all.reduce((sum, list) => sum + list.length, 0));
  let length = 0;
  for (const list of all) {
    times.set(list, length);
    length += list.length;
  }
  times.sort();
  return times.filter((time, place) => place === 0 || time !== times[place - 1]);
}

class Axis {
  constructor(moments, isCompressed) {
    this.moments = moments;
    this.isCompressed = isCompressed;
    this.end = Math.max(moments[moments.length - 1], 1);
    this.places = new Float64Array(moments.length);
    if (!isCompressed) {
      moments.forEach((time, place) => { this.places[place] = time / this.end; });
    } else {
      const gaps = moments.slice(1).map((time, place) => time - moments[place]);
      const sorted = Float64Array.from(gaps).sort();
      // A gap twice as long as usual is not twice as wide; one a thousand times as long is some times as wide.
      const usual = this.usual = Math.max((sorted[sorted.length >> 1] ?? 1) / 2, 1);
      for (let place = 1; place < moments.length; place++) {
        this.places[place] = this.places[place - 1] + Math.log1p(gaps[place - 1] / usual);
      }
      const sum = this.places[moments.length - 1] || 1;
      for (let place = 1; place < moments.length; place++) this.places[place] /= sum;
    }
  }

  placeOf(time) { return between(time, this.moments, this.places); }
  timeOf(place) { return between(place, this.places, this.moments); }
}

// How many of a list in order are below a value.
function countBelow(list, value, first = 0, end = list.length) {
  while (first < end) {
    const middle = (first + end) >> 1;
    if (list[middle] < value) first = middle + 1; else end = middle;
  }
  return first;
}

// What belongs to a value, between what belongs to its neighbours; beyond both ends it goes on straight.
function between(value, from, to) {
  if (from.length < 2) return value - (from[0] ?? 0) + (to[0] ?? 0);
  const next = Math.min(Math.max(countBelow(from, value), 1), from.length - 1);
  const [a, b] = [from[next - 1], from[next]];
  if (a === b) return to[next];
  return to[next - 1] + (value - a) / (b - a) * (to[next] - to[next - 1]);
}

// Whether a picture shows more with idle time drawn short: else most of its moments would share a few pixels, or
// nothing would be seen in a large part of it.
function needsCompression(moments) {
  const end = Math.max(moments[moments.length - 1], 1);
  const pixels = new Set();
  moments.forEach((time) => pixels.add(Math.floor(time / end * 1000)));
  if (moments.some((time, place) => place > 0 && time - moments[place - 1] > end / 5)) return true;
  return pixels.size < 0.5 * Math.min(moments.length, 500);
}

// The moments that the axis names: of an even axis round ones, of a compressed one those of events.
function ticks(axis, view) {
  const found = [];
  const [first, last] = [axis.timeOf(view.from), axis.timeOf(view.until)];
  if (!axis.isCompressed) {
    const least = (last - first) / Math.max(view.width / 110, 1);
    const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least);
    for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
      found.push({ time, x: view.x(time), digits: Math.min(Math.max(9 - Math.floor(Math.log10(step)), 0), 9) });
    }
    return found;
  }
  // As many digits as tell neighbours apart.
  let x = -Infinity, least = Infinity;
  const end = countBelow(axis.moments, last + 1);
  for (let place = countBelow(axis.moments, first); place < end;) {
    const time = axis.moments[place];
    x = view.x(time);
    if (found.length > 0) least = Math.min(least, time - found[found.length - 1].time);
    found.push({ time, x });
    // The first one that has room.
    place = Math.max(place + 1, countBelow(axis.moments, axis.timeOf(view.from + (x + 130 - view.left) / view.scale())));
  }
  const digits = Math.min(Math.max(9 - Math.floor(Math.log10(Math.max(least, 1))), 3), 9);
  return found.map((tick) => ({ ...tick, digits }));
}
