// The colours of the page's style, and shapes that do without.
function readColours() {
  const style = getComputedStyle(document.documentElement), colours = {};
  for (const name of ["page", "panel", "band", "line", "text", "quiet", "run", "timer", "timer-fill", "network",
    "network-fill", "other", "other-fill", "message", "control", "lost", "fault", "down", "output", "mark", "found"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  return colours;
}

// By what it is for, a wait is drawn in one of three ways.
function waitStyle(text) {
  if (/bytes from|connection|datagram|room to|lookup/.test(text)) return "network";
  return /^a timer|^the end of a yield/.test(text) ? "timer" : "other";
}

function hatch(context, colour, x, y, width, height, step) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let start = x - height - (x - height) % step; start < x + width; start += step) {
    context.moveTo(start, y + height);
    context.lineTo(start + height, y);
  }
  context.stroke();
  context.restore();
}

function dots(context, colour, x, y, width, height) {
  context.fillStyle = colour;
  for (let row = y + 4 - y % 8; row < y + height; row += 8) {
    for (let column = x + 4 - x % 8; column < x + width; column += 8) context.fillRect(column, row, 2, 2);
  }
}

function diamond(context, x, y, size, colour, isHollow) {
  context.beginPath();
  context.moveTo(x - size, y);
  context.lineTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.closePath();
  context.lineWidth = 1.5;
  context.strokeStyle = context.fillStyle = colour;
  if (isHollow) context.stroke(); else context.fill();
}

function cross(context, x, y, size, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1.8;
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x + size, y - size);
  context.lineTo(x - size, y + size);
  context.stroke();
}

function arrowHead(context, x, y, angle, colour, size = 7) {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - size * Math.cos(angle - 0.4), y - size * Math.sin(angle - 0.4));
  context.lineTo(x - size * Math.cos(angle + 0.4), y - size * Math.sin(angle + 0.4));
  context.closePath();
  context.fill();
}

// As much of a text as fits, or nothing.
function fitted(context, text, width) {
  if (width < 36) return "";
  if (context.measureText(text).width <= width) return text;
  let [fits, fails] = [0, text.length];
  while (fails - fits > 1) {
    const middle = (fits + fails) >> 1;
    if (context.measureText(text.slice(0, middle) + "\u2026").width <= width) fits = middle; else fails = middle;
  }
  return fits > 4 ? text.slice(0, fits) + "\u2026" : "";
}
