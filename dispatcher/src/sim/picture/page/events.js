// All events of a picture in the order of their times, for the table and for the search.
const PAGE = 100;

function eventsOf(model) {
  const events = [];
  const add = (kind, length) => {
    for (let place = 0; place < length; place++) {
      const { time, record } = WHERE[kind](model, place);
      events.push({ kind, place, time, record });
    }
  };
  add("run", model.runs.length);
  add("wait", model.waits.length);
  add("message", model.messages.length);
  add("fault", model.faults.length);
  add("mark", model.marks.length);
  add("output", model.outputs.length);
  // Waits and output have no record of their own: they come behind the records of their time.
  const order = (event) => (event.record < 0 ? Infinity : event.record);
  const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  events.sort((one, other) => one.time - other.time || compare(order(one), order(other)));
  events.forEach((event, number) => { event.number = number; });
  return events;
}

// Those in whose words a text occurs, in upper or lower case.
function search(model, events, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return events.filter(({ kind, place }) => {
    const { task, host } = WHERE[kind](model, place);
    const where = `${host >= 0 ? model.hosts[host].name : ""} ${task >= 0 ? model.tasks[task].label : ""}`;
    return `${where} ${DESCRIBE[kind](model, place)}`.toLowerCase().includes(wanted);
  });
}

// The table of a view's events, so many at a time.
class EventTable {
  constructor(choose) {
    this.choose = choose;
    this.first = 0;
    byId("page-back").addEventListener("click", () => this.turn(-PAGE));
    byId("page-on").addEventListener("click", () => this.turn(PAGE));
  }

  show(view, first) {
    this.view = view;
    const { events, model } = view;
    this.first = Math.max(0, Math.min(first, Math.max(events.length - 1, 0)));
    this.first -= this.first % PAGE;
    const found = new Set(view.found), rows = document.createDocumentFragment();
    for (const event of events.slice(this.first, this.first + PAGE)) {
      const { time, record, task, host } = WHERE[event.kind](model, event.place);
      const row = document.createElement("tr");
      row.classList.toggle("found", found.has(event));
      row.classList.toggle("selected", event === view.selected);
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = clock(time);
      button.title = "Show in the picture";
      button.addEventListener("click", () => this.choose(view, event));
      cell(row).append(button);
      cell(row).textContent = record >= 0 ? record : "";
      cell(row).textContent = host >= 0 ? visible(model.hosts[host].name) : "";
      cell(row).textContent = task >= 0 ? visible(model.tasks[task].label) : "";
      cell(row).textContent = visible(DESCRIBE[event.kind](model, event.place));
      rows.append(row);
    }
    byId("rows").replaceChildren(rows);
    const last = Math.min(this.first + PAGE, events.length);
    byId("page-place").textContent = `${this.first + 1} to ${last} of ${events.length}${view.name ? ` of ${view.name}` : ""}`;
    byId("page-back").disabled = this.first === 0;
    byId("page-on").disabled = last === events.length;
  }

  turn(by) { this.show(this.view, this.first + by); }
}

function cell(row) {
  return row.appendChild(document.createElement("td"));
}

function byId(id) {
  return document.getElementById(id);
}
