// The page: its views, which show the same times, and the controls above them.
const data = JSON.parse(byId("data").textContent);
const models = data.pictures.map(readModel);
const moments = momentsOf(models);
const axes = { even: new Axis(moments, false), compressed: new Axis(moments, true) };
const table = new EventTable((view, event) => {
  shared.choose(view, event);
  view.canvas.focus();
});

const shared = {
  views: [],
  active: undefined,
  isPlanned: false,

  show(from, until) {
    this.views.forEach((view) => view.show(from, until));
    this.repaint();
  },

  repaint() {
    if (this.isPlanned) return;
    this.isPlanned = true;
    requestAnimationFrame(() => {
      this.isPlanned = false;
      this.views.forEach(paint);
    });
  },

  showTip(view, found, x, y) {
    const tip = byId("tip");
    tip.hidden = !found.length;
    if (!found.length) return;
    tip.textContent = found.slice(0, 4).map((event) => describe(view.model, event)).join("\n\n");
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8))}px`;
    tip.style.top = `${y + 18 + box.height > window.innerHeight ? Math.max(4, y - box.height - 10) : y + 18}px`;
  },

  // The table and the keys are those of the view that has the focus.
  activate(view) {
    if (this.active === view) return;
    this.active = view;
    table.show(view, 0);
  },

  hideTip() { byId("tip").hidden = true; },

  // Selects the first of some events, and shows all of them below the picture. None: nothing is selected.
  choose(view, ...events) {
    this.active = view;
    const [first] = events;
    this.views.forEach((other) => { other.selected = undefined; });
    // The table and the search have events of their own list.
    view.selected = first && view.events.find((event) => event.kind === first.kind && event.place === first.place);
    byId("detail").textContent = events.length
      ? events.map((event) => describe(view.model, event)).join("\n\n")
      : "Nothing is selected. What is under the pointer is shown beside it; a click keeps it here.";
    if (view.selected) {
      view.reveal(view.selected);
      table.show(view, view.selected.number);
    } else {
      table.show(view, table.first);
    }
    this.repaint();
  },

  // The next event: of those found, or of all.
  step(by) {
    const view = this.active ?? this.views[0];
    const list = view.found.length ? view.found : view.events;
    if (!list.length) return;
    const from = view.selected ? view.selected.number : by > 0 ? -1 : view.events.length;
    const next = by > 0 ? list.find((event) => event.number > from) ?? list[0]
      : list.findLast((event) => event.number < from) ?? list[list.length - 1];
    this.choose(view, next);
  },

  search(text) {
    let count = 0;
    this.views.forEach((view) => {
      view.found = search(view.model, view.events, text);
      count += view.found.length;
    });
    byId("found").textContent = text.trim() ? `${count} found` : "";
    table.show(this.active ?? this.views[0], table.first);
    this.repaint();
  },

  layOut() {
    this.views.forEach((view) => view.layOut());
    this.repaint();
  },

  compress(isCompressed) {
    const axis = isCompressed ? axes.compressed : axes.even;
    // The same times stay in view.
    const view = this.views[0], [first, last] = [view.axis.timeOf(view.from), view.axis.timeOf(view.until)];
    this.views.forEach((other) => { other.axis = axis; });
    this.show(axis.placeOf(first), axis.placeOf(last));
  },
};

function makeViews() {
  const isCompressed = needsCompression(moments);
  byId("compress").checked = isCompressed;
  const names = ["the first", "the second"];
  models.forEach((model, place) => {
    const box = document.createElement("div");
    box.className = "view";
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${visible(model.title)}: ${model.hosts.length} hosts, ${model.tasks.length} tasks, `
      + `${model.messages.length} packets, over ${span(model.end)}. The table below has all events. Keys: arrows move, plus and minus zoom, n and p step through events.`);
    if (models.length > 1) {
      const heading = document.createElement("h2");
      heading.textContent = `${names[place]}: ${visible([model.title, ...model.summary.slice(0, 1)].join(" \u2014 "))}`;
      box.append(heading);
    }
    box.append(canvas);
    byId("views").append(box);
    shared.views.push({ clientHeight: 0 });
    const view = new View(model, isCompressed ? axes.compressed : axes.even, canvas, shared);
    view.name = models.length > 1 ? names[place] : "";
    view.difference = data.difference;
    shared.views[place] = view;
  });
}

function makeHostList() {
  models.forEach((model, place) => model.hosts.forEach((host, number) => {
    if (place > 0 && models[0].hosts.some((other) => other.name === host.name)) return;
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.checked = shared.views[place].hosts.has(number);
    box.addEventListener("change", () => {
      for (const view of shared.views) {
        const same = view.model.hosts.findIndex((other) => other.name === host.name);
        if (same >= 0) view.hosts[box.checked ? "add" : "delete"](same);
      }
      shared.layOut();
    });
    label.append(box, ` ${visible(host.name)}`);
    byId("host-list").append(label);
  }));
}

function listen() {
  const searched = byId("search");
  searched.addEventListener("input", () => shared.search(searched.value));
  searched.addEventListener("keydown", (event) => {
    if (event.key === "Enter") shared.step(event.shiftKey ? -1 : 1);
  });
  byId("next").addEventListener("click", () => shared.step(1));
  byId("previous").addEventListener("click", () => shared.step(-1));
  byId("zoom-in").addEventListener("click", () => shared.views[0].zoom(0.7));
  byId("zoom-out").addEventListener("click", () => shared.views[0].zoom(1 / 0.7));
  byId("fit").addEventListener("click", () => shared.show(0, 1));
  byId("compress").addEventListener("change", (event) => shared.compress(event.target.checked));
  byId("control").addEventListener("change", (event) => {
    shared.views.forEach((view) => { view.showsControl = event.target.checked; });
    shared.repaint();
  });
  byId("tasks").addEventListener("change", (event) => {
    shared.views.forEach((view) => { view.showsTasks = event.target.checked; });
    shared.layOut();
  });
  window.addEventListener("resize", () => shared.layOut());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shared.layOut());
}

byId("title").textContent = visible(data.title);
const lines = models.length > 1 ? [data.difference ? data.difference.text : "the logs are equal"] : models[0].summary;
byId("summary").replaceChildren(...lines.map((text) => {
  const item = document.createElement("li");
  item.textContent = visible(text);
  return item;
}));
makeViews();
makeHostList();
listen();
shared.layOut();
if (data.difference) {
  // Some moments on both sides of the difference.
  const at = countBelow(moments, data.difference.at), axis = shared.views[0].axis;
  const [first, last] = [Math.max(at - 40, 0), Math.min(at + 40, moments.length - 1)];
  shared.show(axis.placeOf(moments[first]), axis.placeOf(moments[last]));
}
shared.choose(shared.views[0]);
// For programs that look at the page.
window.picture = { views: shared.views, shared, paint, isReady: true };
