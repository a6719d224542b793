// Packets as arrows between rows.

// Where a packet's line begins and ends: undefined where one of its hosts is not shown.
function arrowOf(view, row) {
  const { model, layout } = view, m = model.messages;
  const from = layout.lanes.get(m.from[row]), to = layout.lanes.get(m.to[row]);
  if (!from || !to) return undefined;
  // From edge to edge of the lanes, so that what is in them can be read.
  const isDown = from.top <= to.top;
  const x1 = view.x(m.sent[row]);
  const y1 = view.y({ y: isDown ? from.bottom : from.top });
  const y2 = view.y({ y: from === to ? to.bottom : isDown ? to.top : to.bottom });
  if (m.fate[row] === 0) return { x1, y1, x2: view.x(m.arrives[row]), y2 };
  // It ends on its way.
  const way = Math.max(-40, Math.min(40, (y2 - y1) * 0.5));
  return { x1, y1, x2: x1 + 14, y2: y1 + (way || 10) };
}

// The rows of messages that may be seen.
function seenMessages(view, pass) {
  const { model } = view, m = model.messages, [first, last] = view.times();
  for (let row = countBelow(m.sent, first - model.longestFlight); row < m.length && m.sent[row] <= last; row++) {
    if (m.fate[row] === 0 && m.arrives[row] < first) continue;
    if (!view.showsControl && isControl(model, row) && m.fate[row] === 0 && m.discarded[row] < 0) continue;
    const arrow = arrowOf(view, row);
    if (arrow) pass(row, arrow);
  }
}

function paintMessages(view) {
  const { context, colours, model } = view, m = model.messages;
  const drawn = new Set(), names = [];
  seenMessages(view, (row, arrow) => {
    const { x1, y1, x2, y2 } = arrow;
    const key = `${Math.round(x1)} ${Math.round(x2)} ${y1} ${y2} ${m.fate[row] === 0}`;
    if (drawn.has(key)) return;
    drawn.add(key);
    const isLost = m.fate[row] !== 0, isQuiet = isControl(model, row);
    const colour = isLost || m.kind[row] === RESET ? colours.lost : isQuiet ? colours.control : colours.message;
    context.strokeStyle = colour;
    context.lineWidth = isQuiet ? 1 : 1.5;
    context.setLineDash(isLost ? [4, 3] : isQuiet ? [1, 3] : []);
    context.beginPath();
    context.moveTo(x1, y1);
    let angle = Math.atan2(y2 - y1, x2 - x1);
    if (Math.abs(y2 - y1) < 1) {
      const height = y1 + 16;
      context.quadraticCurveTo((x1 + x2) / 2, height, x2, y2);
      angle = Math.atan2(y2 - height, (x2 - x1) / 2);
    } else {
      context.lineTo(x2, y2);
    }
    context.stroke();
    context.setLineDash([]);
    // From the task that sent it.
    const sender = m.task[row] >= 0 ? view.layout.rows[view.layout.rowOfTask[m.task[row]]] : undefined;
    if (sender) {
      const bar = middle(view, sender);
      context.lineWidth = 0.75;
      line(context, x1, bar + Math.sign(y1 - bar) * BAR / 2, x1, y1);
    }
    if (isLost) {
      cross(context, x2, y2, 4, colour);
    } else if (m.discarded[row] >= 0) {
      context.strokeStyle = colours.lost;
      context.beginPath();
      context.arc(x2, y2, 5, 0, 2 * Math.PI);
      context.stroke();
      cross(context, x2, y2, 3.5, colours.lost);
    } else {
      arrowHead(context, x2, y2, angle, colour, isQuiet ? 5 : 7);
    }
    if (drawn.size < 400 && x2 - x1 > 40 && Math.abs(y2 - y1) > 20) names.push({ row, arrow, angle });
  });
  nameArrows(view, names);
}

// Writes on arrows what they are, as long as no two names lie over each other.
function nameArrows(view, names) {
  const { context, colours, model } = view, taken = [];
  context.font = "11px system-ui, sans-serif";
  for (const { row, arrow, angle } of names) {
    const text = packetName(model, row), width = context.measureText(text).width;
    const { x1, y1, x2, y2 } = arrow, length = Math.hypot(x2 - x1, y2 - y1);
    if (length < width + 30) continue;
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const reach = Math.abs(Math.sin(angle)) * width / 2 + 8, box = [x - width / 2, y - reach, x + width / 2, y + reach];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    context.lineWidth = 3;
    context.strokeStyle = colours.page;
    context.fillStyle = colours.text;
    context.strokeText(text, -width / 2, -6);
    context.fillText(text, -width / 2, -6);
    context.restore();
  }
}
