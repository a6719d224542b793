// What stands around the picture: the names of rows on its left, the time above it.

function paintLabels(view, seen) {
  const { context, colours } = view;
  context.fillStyle = colours.page;
  context.fillRect(0, AXIS_HEIGHT, view.left, view.height - AXIS_HEIGHT);
  context.save();
  context.beginPath();
  context.rect(0, AXIS_HEIGHT, view.left, view.height - AXIS_HEIGHT);
  context.clip();
  for (const row of seen) {
    const isHost = row.kind !== "task", indent = isHost ? 8 : 20;
    context.font = isHost ? "bold 13px system-ui, sans-serif" : "12px system-ui, sans-serif";
    context.fillStyle = isHost ? colours.text : colours.quiet;
    context.fillText(fitted(context, visible(row.label), view.left - indent - 6), indent, middle(view, row));
  }
  context.restore();
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  line(context, view.left + 0.5, 0, view.left + 0.5, view.height);
  if (view.layout.height > view.height - AXIS_HEIGHT) paintScrollBar(view);
}

function paintScrollBar(view) {
  const { context, colours } = view, height = view.height - AXIS_HEIGHT, share = height / view.layout.height;
  context.fillStyle = colours.line;
  context.fillRect(view.left + view.width - 6, AXIS_HEIGHT + view.scroll * share, 5, Math.max(height * share, 12));
}

function paintAxis(view) {
  const { context, colours, axis } = view;
  const right = view.left + view.width;
  context.fillStyle = colours.panel;
  context.fillRect(0, 0, right, AXIS_HEIGHT);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colours.quiet;
  context.fillText("time since the start", 8, 10);
  context.fillText(axis.isCompressed ? "idle time short" : "even", 8, 26);
  context.save();
  context.beginPath();
  context.rect(view.left, 0, view.width, view.height);
  context.clip();
  context.strokeStyle = colours.line;
  let written = -Infinity;
  for (const { time, x, digits } of ticks(axis, view)) {
    context.lineWidth = 1;
    line(context, x, axis.isCompressed ? 5 : 17, x, axis.isCompressed ? 17 : AXIS_HEIGHT);
    context.fillStyle = colours.text;
    const text = clock(time, digits), width = context.measureText(text).width;
    const start = x + 6 + width < right ? x + 3 : x - 3 - width;
    if (start < written + 6) continue;
    context.fillText(text, start, 10);
    written = start + width;
  }
  if (axis.isCompressed) paintGaps(view);
  if (view.difference) {
    const x = view.x(view.difference.at);
    context.strokeStyle = colours.found;
    context.lineWidth = 2;
    line(context, x, 0, x, view.height);
    context.font = "bold 11px system-ui, sans-serif";
    context.fillStyle = colours.text;
    context.fillText(`first difference, record ${view.difference.record}`, x + 4, AXIS_HEIGHT + 8);
  }
  context.restore();
}

// On a compressed axis: how long the time between two moments is, the longest first, where there is room to say it.
function paintGaps(view) {
  const { context, colours, axis } = view, { moments } = axis;
  const [first, last] = view.times(), gaps = [], taken = [];
  context.fillStyle = context.strokeStyle = colours.quiet;
  context.lineWidth = 1;
  const begin = Math.max(countBelow(moments, first), 1), end = Math.min(countBelow(moments, last) + 1, moments.length);
  for (let place = begin; place < end; place++) gaps.push(place);
  const length = (place) => moments[place] - moments[place - 1];
  gaps.sort((one, other) => length(other) - length(one));
  for (const place of gaps.slice(0, 100)) {
    const x1 = Math.max(view.x(moments[place - 1]), view.left), x2 = Math.min(view.x(moments[place]), view.left + view.width);
    const text = span(length(place)), half = context.measureText(text).width / 2 + 4, middle = (x1 + x2) / 2;
    const isWide = x2 - x1 > 2 * half + 4;
    // Of what is drawn narrow, only what is long.
    if (!isWide && (length(place) < 20 * axis.usual || x2 - x1 < 4)) continue;
    if (taken.some(([from, until]) => middle - half < until && from < middle + half)) continue;
    taken.push([Math.min(middle - half, x1), Math.max(middle + half, x2)]);
    context.fillText(text, middle - half + 4, isWide ? 27 : 25);
    if (!isWide) {
      line(context, x1 + 1, 33.5, x2 - 1, 33.5);
      continue;
    }
    line(context, x1 + 1.5, 23, x1 + 1.5, 31);
    line(context, x1 + 1.5, 27, middle - half, 27);
    line(context, x2 - 1.5, 23, x2 - 1.5, 31);
    line(context, middle + half, 27, x2 - 1.5, 27);
  }
}
