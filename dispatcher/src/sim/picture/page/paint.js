// Drawing a view: what of its picture lies within the times and rows that it shows.
const AXIS_HEIGHT = 36, BAR = 14;

function paint(view) {
  const { context, colours } = view;
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.fillStyle = colours.page;
  context.fillRect(0, 0, view.left + view.width, view.height);
  context.textBaseline = "middle";
  const seen = seenRows(view);
  context.save();
  context.beginPath();
  context.rect(view.left, AXIS_HEIGHT, view.width, view.height - AXIS_HEIGHT);
  context.clip();
  paintLanes(view, seen);
  paintTasks(view, seen);
  paintFaults(view);
  paintMessages(view);
  paintMarks(view);
  paintOutputs(view);
  paintFound(view);
  context.restore();
  paintLabels(view, seen);
  paintAxis(view);
}

// The rows that are within the view.
function seenRows(view) {
  const { rows } = view.layout;
  return rows.filter((row) => view.y(row) + row.height > AXIS_HEIGHT && view.y(row) < view.height);
}

// The middle of a row's bar.
function middle(view, row) {
  return view.y(row) + (row.kind === "task" ? TASK_HEIGHT : row.kind === "host" ? HOST_HEIGHT : 28) / 2;
}

function paintLanes(view, seen) {
  const { context, colours, model } = view;
  const until = view.x(model.end);
  context.setLineDash([]);
  for (const { top, bottom } of view.layout.lanes.values()) {
    const y = view.y({ y: top }), right = Math.min(until, view.left + view.width) + 4;
    context.fillStyle = colours.band;
    context.fillRect(view.left, y, right - view.left, bottom - top);
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    context.strokeRect(view.left - 2, Math.round(y) + 0.5, right - view.left + 2, bottom - top);
  }
  for (const row of seen) {
    const y = view.y(row);
    for (const [isDown, from, end] of row.host >= 0 ? model.hosts[row.host].spans : []) {
      const x = Math.max(view.x(from), view.left), width = Math.min(view.x(end), view.left + view.width) - x;
      if (width <= 0) continue;
      if (isDown) {
        context.fillStyle = colours.down;
        context.fillRect(x, y, width, row.height);
        hatch(context, colours.fault, x, y, width, row.height, 10);
      } else {
        dots(context, colours.quiet, x, y, width, row.height);
      }
      if (row.kind === "host") stateLabel(view, isDown ? "down" : "paused", x, y, width);
    }
  }
}

function stateLabel(view, text, x, y, width) {
  const { context, colours } = view;
  context.font = "bold 11px system-ui, sans-serif";
  if (width < context.measureText(text).width + 12) return;
  context.fillStyle = colours.page;
  context.fillRect(x + 2, y + 4, context.measureText(text).width + 8, 14);
  context.fillStyle = colours.text;
  context.fillText(text, x + 6, y + 11.5);
}

function paintTasks(view, seen) {
  const { context, colours, model } = view;
  const [first, last] = view.times();
  context.font = "11px system-ui, sans-serif";
  for (const row of seen) {
    const y = view.y(row) + (TASK_HEIGHT - BAR) / 2;
    for (const task of row.tasks) {
      const { from, until, end } = model.tasks[task];
      if (until < first || from > last) continue;
      context.strokeStyle = colours.quiet;
      context.lineWidth = 1;
      context.setLineDash([]);
      line(context, view.x(from), y + BAR / 2, view.x(until), y + BAR / 2);
      paintWaits(view, task, y, first, last);
      paintRuns(view, task, y, first, last);
      if (end === "ended") bracket(context, colours.run, view.x(until), y);
      if (end === "crashed") cross(context, view.x(until), y + BAR / 2, 5, colours.fault);
    }
  }
}

function paintWaits(view, task, y, first, last) {
  const { context, colours, model } = view;
  const { from, until, text } = model.waits, [begin, end] = model.waitsOf[task];
  let drawn = -Infinity;
  for (let row = countBelow(until, first, begin, end); row < end && from[row] <= last; row++) {
    const right = view.x(until[row]);
    // Less than a pixel beside what is drawn already.
    if (right - drawn < 1) continue;
    const left = Math.max(view.x(from[row]), view.left - 2), width = Math.min(right, view.left + view.width + 2) - left;
    drawn = right;
    const words = model.texts[text[row]], style = waitStyle(words);
    context.fillStyle = colours[`${style}-fill`];
    context.fillRect(left, y, width, BAR);
    if (width < 4) continue;
    if (style === "other") hatch(context, colours["other"], left, y, width, BAR, 9);
    context.strokeStyle = colours[style];
    context.setLineDash(style === "timer" ? [3, 2] : []);
    context.strokeRect(left + 0.5, y + 0.5, width - 1, BAR - 1);
    const start = Math.max(left, view.left) + 4;
    // Of several things that are waited for, these without their number.
    const brief = visible(words.split("\n")[0]).replace(/^any of \d+ \((.*)\)$/, "$1");
    const shown = fitted(context, brief, left + width - start - 4);
    if (!shown) continue;
    if (style === "other") {
      context.fillStyle = colours["other-fill"];
      context.fillRect(start - 2, y + 1, context.measureText(shown).width + 4, BAR - 2);
    }
    context.fillStyle = colours.text;
    context.fillText(shown, start, y + BAR / 2 + 0.5);
  }
  context.setLineDash([]);
}

function paintRuns(view, task, y, first, last) {
  const { context, colours, model } = view;
  const [begin, end] = model.runsOf[task];
  context.fillStyle = colours.run;
  let drawn = -Infinity;
  for (let row = countBelow(model.runs.at, first, begin, end); row < end && model.runs.at[row] <= last; row++) {
    const x = Math.round(view.x(model.runs.at[row]));
    if (x === drawn) continue;
    drawn = x;
    context.fillRect(x - 1, y - 1, 2, BAR + 2);
  }
}

function paintFaults(view) {
  const { context, colours, model, layout } = view;
  const row = layout.rows[0];
  if (row?.kind !== "faults") return;
  const y = view.y(row) + 14;
  context.font = "11px system-ui, sans-serif";
  model.faults.forEach((fault, place) => {
    const x = view.x(fault.at);
    const healed = fault.until >= 0 ? view.x(fault.until) : x;
    if (healed < view.left - 20 || x > view.left + view.width + 20) return;
    context.strokeStyle = colours.fault;
    context.lineWidth = 1;
    context.setLineDash([2, 4]);
    for (const host of fault.hosts) {
      const lane = layout.lanes.get(host);
      if (lane) line(context, x, y + 5, x, view.y({ y: lane.bottom }));
    }
    context.setLineDash([]);
    context.lineWidth = 3;
    if (healed > x) line(context, x, y + 5, healed, y + 5);
    context.fillStyle = colours.fault;
    context.beginPath();
    context.moveTo(x, y - 7);
    context.lineTo(x + 6, y + 5);
    context.lineTo(x - 6, y + 5);
    context.fill();
    const next = model.faults[place + 1], room = next ? view.x(next.at) - x - 18 : Infinity;
    context.fillStyle = colours.text;
    context.fillText(fitted(context, visible(fault.text), Math.min(room, 400)), x + 10, y - 2);
  });
}

function paintMarks(view) {
  const { context, colours, model } = view;
  const [first, last] = view.times(), drawn = new Set();
  context.strokeStyle = colours.mark;
  context.lineWidth = 1.5;
  context.font = "11px system-ui, sans-serif";
  for (let row = countBelow(model.marks.at, first); row < model.marks.length && model.marks.at[row] <= last; row++) {
    const point = view.pointOf("mark", row);
    // How a call ended has no record.
    const note = model.marks.record[row] < 0 ? visible(model.texts[model.marks.text[row]]) : "";
    if (!point || (isDrawn(drawn, point) && !note)) continue;
    context.beginPath();
    context.arc(point.x, point.y, 3, 0, 2 * Math.PI);
    context.stroke();
    const width = note && context.measureText(note).width + 12;
    if (!note || point.x + width > view.left + view.width) continue;
    context.fillStyle = colours.text;
    context.fillText(note, point.x + 8, point.y + 0.5);
  }
}

function paintOutputs(view) {
  const { context, colours, model } = view;
  const [first, last] = view.times(), ofRow = new Map();
  model.outputs.forEach((output, place) => {
    if (output.at < first - (last - first) || output.at > last) return;
    const point = view.pointOf("output", place);
    if (!point) return;
    if (!ofRow.has(point.y)) ofRow.set(point.y, []);
    ofRow.get(point.y).push({ ...point, output });
  });
  context.font = "11px ui-monospace, monospace";
  for (const points of ofRow.values()) {
    points.forEach(({ x, y, output }, place) => {
      const room = (points[place + 1]?.x ?? Infinity) - x;
      if (room < 1) return;
      diamond(context, x, y, 4.5, output.isError ? colours.lost : colours.output, output.isError);
      context.fillStyle = colours.text;
      const words = visible(output.text.replace(/\n$/, "")).replace(/\n/g, " \u23ce ");
      context.fillText(fitted(context, words, Math.min(room - 14, 600)), x + 8, y + 0.5);
    });
  }
}

function paintFound(view) {
  const { context, colours } = view;
  const drawn = new Set();
  context.strokeStyle = colours.found;
  context.lineWidth = 2;
  for (const { kind, place } of view.found) {
    const point = view.pointOf(kind, place);
    if (!point || point.x < view.left || point.x > view.left + view.width || isDrawn(drawn, point)) continue;
    ring(context, point, 8);
  }
  if (!view.selected) return;
  const point = view.pointOf(view.selected.kind, view.selected.place);
  context.lineWidth = 3;
  if (point) ring(context, point, 10);
}

function ring(context, { x, y }, size) {
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.stroke();
}

function isDrawn(drawn, { x, y }) {
  const key = Math.round(x) * 100000 + Math.round(y);
  return drawn.has(key) || !drawn.add(key);
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

// The end of a task.
function bracket(context, colour, x, y) {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - 3, y - 1);
  context.lineTo(x + 1, y - 1);
  context.lineTo(x + 1, y + BAR + 1);
  context.lineTo(x - 3, y + BAR + 1);
  context.stroke();
}
