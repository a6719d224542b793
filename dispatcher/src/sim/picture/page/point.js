// What is under the pointer.

// How far from a thing the pointer may be, in pixels.
const REACH = 5;

// The events under a place of a view, those that are drawn last first.
function eventsAt(view, x, y) {
  const { model } = view, found = [];
  if (x < view.left || y < AXIS_HEIGHT) return found;
  const near = (kind, length, timeOf) => {
    const [first, last] = [view.time(x - REACH - 2), view.time(x + REACH + 2)];
    for (let place = firstOf(length, timeOf, first); place < length && timeOf(place) <= last; place++) {
      const point = view.pointOf(kind, place);
      if (point && Math.abs(point.x - x) <= REACH && Math.abs(point.y - y) <= REACH + 2) found.push({ kind, place });
    }
  };
  near("output", model.outputs.length, (place) => model.outputs[place].at);
  near("fault", model.faults.length, (place) => model.faults[place].at);
  near("mark", model.marks.length, (place) => model.marks.at[place]);
  const row = view.rowAt(y);
  for (const task of row?.tasks ?? []) found.push(...taskAt(view, task, x, "run"));
  const arrows = [];
  seenMessages(view, (place, arrow) => {
    const far = distance(x, y, arrow);
    if (far <= REACH) arrows.push({ kind: "message", place, far });
  });
  arrows.sort((one, other) => one.far - other.far);
  found.push(...arrows.slice(0, 5));
  for (const task of row?.tasks ?? []) found.push(...taskAt(view, task, x, "wait"));
  return found;
}

// The first place in a list in order that is not before a time.
function firstOf(length, timeOf, time) {
  let [first, end] = [0, length];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (timeOf(middle) < time) first = middle + 1; else end = middle;
  }
  return first;
}

// The runs beside a place, at most three, or the wait there.
function taskAt(view, task, x, kind) {
  const { runs, waits, runsOf, waitsOf } = view.model, found = [];
  if (kind === "run") {
    const [begin, end] = runsOf[task], last = view.time(x + 3);
    for (let place = countBelow(runs.at, view.time(x - 3), begin, end); place < end && runs.at[place] <= last; place++) {
      found.push({ kind, place });
    }
    return found.slice(0, 3);
  }
  const time = view.time(x), [begin, end] = waitsOf[task];
  const place = countBelow(waits.until, time, begin, end);
  return place < end && waits.from[place] <= time ? [{ kind, place }] : found;
}

function distance(x, y, { x1, y1, x2, y2 }) {
  const [width, height] = [x2 - x1, y2 - y1], square = width * width + height * height || 1;
  const share = Math.max(0, Math.min(1, ((x - x1) * width + (y - y1) * height) / square));
  return Math.hypot(x - x1 - share * width, y - y1 - share * height);
}

// An event in words: when, where, what.
function describe(model, { kind, place }) {
  const { time, record, task, host } = WHERE[kind](model, place);
  const where = [
    host >= 0 ? model.hosts[host].name : "", task >= 0 ? model.tasks[task].label : "",
    record >= 0 ? `record ${record}` : "",
  ];
  const words = visible(DESCRIBE[kind](model, place));
  return `${clock(time)}  ${visible(where.filter(Boolean).join(", "))}\n${words}`;
}
