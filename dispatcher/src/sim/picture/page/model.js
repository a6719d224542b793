// The data of a picture, as columns. A time is a number of nanoseconds since the start.
const KINDS = ["syn", "syn-ack", "handshake ack", "segment", "ack", "reset", "datagram", "port unreachable"];
const FATES = [
  "arrives", "is lost", "is kept by a partition", "finds the link's queue full",
  "finds no room among the events to come",
];
const DISCARDS = ["the host is down", "the backlog is full", "the receive buffer is full", "no socket takes it"];
const FOUND = ["timer due", "job done", "readable", "writable"];
const SYN = 0, HANDSHAKE_ACK = 2, SEGMENT = 3, ACK = 4, RESET = 5;

// Columns of a flat list with so many values a row.
function columns(list, names) {
  const length = list.length / names.length;
  const table = { length };
  names.forEach((name, place) => {
    const column = new Float64Array(length);
    for (let row = 0; row < length; row++) column[row] = list[row * names.length + place];
    table[name] = column;
  });
  return table;
}

// Of a table in the order of its tasks: where the rows of each task begin and end.
function rangesOf(table, tasks) {
  const ranges = Array.from({ length: tasks }, () => [0, 0]);
  for (let row = 0; row < table.length;) {
    const task = table.task[row], first = row;
    while (row < table.length && table.task[row] === task) row++;
    ranges[task] = [first, row];
  }
  return ranges;
}

function readModel(data) {
  const model = { ...data };
  model.runs = columns(data.runs, ["task", "at", "record", "found"]);
  model.waits = columns(data.waits, ["task", "from", "until", "text"]);
  model.messages = columns(data.messages, [
    "from", "to", "kind", "bytes", "sent", "fate", "arrives", "record", "task", "discarded",
  ]);
  model.marks = columns(data.marks, ["host", "task", "at", "record", "text"]);
  model.runsOf = rangesOf(model.runs, data.tasks.length);
  model.waitsOf = rangesOf(model.waits, data.tasks.length);
  // A message is looked for among those that were sent so long before it can be seen.
  model.longestFlight = 0;
  for (let row = 0; row < model.messages.length; row++) {
    if (model.messages.fate[row] === 0) {
      const flight = model.messages.arrives[row] - model.messages.sent[row];
      model.longestFlight = Math.max(model.longestFlight, flight);
    }
  }
  return model;
}

// A packet that only keeps a connection going.
function isControl(model, row) {
  const kind = model.messages.kind[row];
  return kind <= HANDSHAKE_ACK || kind === ACK;
}

// What each kind of event says. `place` is its row or place.
const DESCRIBE = {
  run(model, place) {
    const found = FOUND.filter((_, bit) => model.runs.found[place] >> bit & 1);
    return found.length ? `runs: ${found.join(", ")}` : "runs";
  },
  wait(model, place) {
    const { from, until, text } = model.waits;
    return `waits ${span(until[place] - from[place])} for ${model.texts[text[place]]}`;
  },
  message(model, place) {
    const m = model.messages;
    const way = `${packetName(model, place)} from ${model.hosts[m.from[place]].name} to ${model.hosts[m.to[place]].name}`;
    if (m.fate[place] !== 0) return `${way} ${FATES[m.fate[place]]}`;
    const flight = span(m.arrives[place] - m.sent[place]);
    const refused = m.discarded[place] >= 0 ? `, and is not taken: ${DISCARDS[m.discarded[place]]}` : "";
    return `${way} arrives after ${flight}, at ${clock(m.arrives[place])}${refused}`;
  },
  fault(model, place) {
    const fault = model.faults[place];
    return `fault: ${fault.text}` + (fault.until >= 0 ? `, healed at ${clock(fault.until)}` : "");
  },
  mark(model, place) { return model.texts[model.marks.text[place]]; },
  output(model, place) {
    const output = model.outputs[place];
    return `${output.isError ? "writes to stderr" : "writes"}: ${visible(output.text.replace(/\n$/, ""))}`;
  },
};

// Where and when an event is.
const WHERE = {
  run: (model, i) => at(model, model.runs.at[i], model.runs.record[i], model.runs.task[i]),
  wait: (model, i) => at(model, model.waits.from[i], -1, model.waits.task[i]),
  message: (model, i) => at(model, model.messages.sent[i], model.messages.record[i], model.messages.task[i], model.messages.from[i]),
  fault: (model, i) => at(model, model.faults[i].at, model.faults[i].record, -1, -1),
  mark: (model, i) => at(model, model.marks.at[i], model.marks.record[i], model.marks.task[i], model.marks.host[i]),
  output: (model, i) => at(model, model.outputs[i].at, -1, model.outputs[i].task, model.outputs[i].host),
};

function at(model, time, record, task, host) {
  return { time, record, task, host: task >= 0 && host === undefined ? model.tasks[task].host : host ?? -1 };
}

function packetName(model, place) {
  const kind = KINDS[model.messages.kind[place]], bytes = model.messages.bytes[place];
  return bytes > 0 ? `${kind} of ${bytes} bytes` : kind;
}

// A length of time, in the unit in which it is read best.
function span(nanos) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["\u00b5s", 1e3]]) {
    if (nanos >= size) return `${trim((nanos / size).toPrecision(nanos >= 1000 * size ? 6 : 4))} ${unit}`;
  }
  return `${nanos} ns`;
}

// A time since the start in seconds, with all of its digits or with so many.
function clock(nanos, digits = 9) {
  return `${trim((nanos / 1e9).toFixed(digits))} s`;
}

function trim(number) {
  return number.includes(".") && !number.includes("e") ? number.replace(/\.?0+$/, "") : number;
}

// Letters that show nothing, or that change the order of what is behind them, by their numbers.
function visible(text) {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (letter) => `\\u${letter.codePointAt(0).toString(16).padStart(4, "0")}`);
}
