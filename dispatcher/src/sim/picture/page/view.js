// A picture on a canvas: which times and rows of it are shown, and what the pointer and the keys do.
class View {
  constructor(model, axis, canvas, shared) {
    Object.assign(this, { model, axis, canvas, shared });
    this.context = canvas.getContext("2d");
    this.hosts = usedHosts(model);
    this.showsTasks = true;
    this.events = eventsOf(model);
    this.found = [];
    this.selected = undefined;
    this.scroll = 0;
    [this.from, this.until] = [0, 1];
    this.layOut();
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => shared.hideTip());
    canvas.addEventListener("focus", () => shared.activate(this));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  layOut() {
    this.colours = readColours();
    this.ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth || 800;
    const most = window.innerHeight * (this.shared.views.length > 1 ? 0.38 : 0.66);
    this.layout = rowsOf(this.model, this.hosts, this.showsTasks, most - AXIS_HEIGHT - 8);
    this.height = Math.round(Math.max(160, Math.min(this.layout.height + AXIS_HEIGHT + 6, most)));
    this.left = Math.min(200, Math.round(width * 0.25));
    this.width = width - this.left;
    this.canvas.style.height = `${this.height}px`;
    [this.canvas.width, this.canvas.height] = [width * this.ratio, this.height * this.ratio];
    this.scrollTo(this.scroll);
  }

  scale() { return (this.width - 24) / (this.until - this.from); }
  x(time) { return this.left + 8 + (this.axis.placeOf(time) - this.from) * this.scale(); }
  time(x) { return this.axis.timeOf(this.from + (x - this.left - 8) / this.scale()); }
  times() { return [this.time(this.left), this.time(this.left + this.width)]; }
  y(row) { return AXIS_HEIGHT + 2 + row.y - this.scroll; }
  rowAt(y) { return this.layout.rows.find((row) => y >= this.y(row) && y < this.y(row) + row.height); }

  // Where an event is drawn; undefined where its host is not shown.
  pointOf(kind, place) {
    const { model, layout } = this;
    const { time, task, host } = WHERE[kind](model, place);
    if (kind === "fault") return { x: this.x(time), y: this.y(layout.rows[0]) + 14 };
    const row = layout.rows[task >= 0 ? layout.rowOfTask[task] : layout.rowOfHost[host]];
    if (!row) return undefined;
    const below = row.kind === "task" ? TASK_HEIGHT : HOST_HEIGHT;
    const y = kind === "output" ? this.y(row) + below + OUTPUT_HEIGHT / 2 - 2 : middle(this, row);
    if (kind === "wait") return { x: this.x((time + model.waits.until[place]) / 2), y };
    return { x: this.x(time), y };
  }

  // Shows the times between two places of the axis, at least a part of it that can be told apart.
  show(from, until) {
    const width = Math.min(Math.max(until - from, 1e-10), 1);
    this.from = Math.min(Math.max(from, 0), 1 - width);
    this.until = this.from + width;
  }

  zoom(factor, x = this.left + this.width / 2) {
    const at = this.from + (x - this.left - 8) / this.scale(), width = (this.until - this.from) * factor;
    const from = at - (at - this.from) * factor;
    this.shared.show(from, from + width);
  }

  pan(pixels) {
    const by = pixels / this.scale();
    this.shared.show(this.from + by, this.until + by);
  }

  scrollTo(scroll) {
    const most = Math.max(this.layout.height + AXIS_HEIGHT + 6 - this.height, 0);
    this.scroll = Math.min(Math.max(scroll, 0), most);
  }

  // Brings an event into view.
  reveal(event) {
    const { time, task, host } = WHERE[event.kind](this.model, event.place);
    const at = this.axis.placeOf(time), width = this.until - this.from;
    if (at < this.from || at > this.until) this.shared.show(at - width / 2, at + width / 2);
    const row = this.layout.rows[task >= 0 ? this.layout.rowOfTask[task] : this.layout.rowOfHost[host]];
    if (row && (this.y(row) < AXIS_HEIGHT || this.y(row) + row.height > this.height)) {
      this.scrollTo(row.y - (this.height - AXIS_HEIGHT) / 2);
    }
  }

  wheel(event) {
    event.preventDefault();
    const amount = event.deltaY || event.deltaX;
    if (event.shiftKey) {
      this.scrollTo(this.scroll + amount);
      this.shared.repaint();
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.pan(event.deltaX);
    } else {
      this.zoom(Math.exp(Math.max(-300, Math.min(300, amount)) * 0.002), event.offsetX);
    }
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { x: event.offsetX, y: event.offsetY, moved: 0 };
  }

  move(event) {
    const { offsetX: x, offsetY: y } = event;
    if (!this.drag) {
      const found = eventsAt(this, x, y);
      return this.shared.showTip(this, found, event.clientX, event.clientY);
    }
    const [right, down] = [x - this.drag.x, y - this.drag.y];
    this.drag = { x, y, moved: this.drag.moved + Math.abs(right) + Math.abs(down) };
    this.shared.hideTip();
    this.scrollTo(this.scroll - down);
    this.pan(-right);
  }

  release(event) {
    const isClick = this.drag && this.drag.moved < 4;
    this.drag = undefined;
    if (isClick) this.shared.choose(this, ...eventsAt(this, event.offsetX, event.offsetY));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.pan(-80), ArrowRight: () => this.pan(80),
      ArrowUp: () => this.scrollTo(this.scroll - 40), ArrowDown: () => this.scrollTo(this.scroll + 40),
      PageUp: () => this.pan(-this.width * 0.9), PageDown: () => this.pan(this.width * 0.9),
      "+": () => this.zoom(0.7), "=": () => this.zoom(0.7), "-": () => this.zoom(1 / 0.7),
      0: () => this.shared.show(0, 1), Home: () => this.shared.show(0, this.until - this.from),
      End: () => this.shared.show(1 - (this.until - this.from), 1),
      n: () => this.shared.step(1), p: () => this.shared.step(-1),
      "/": () => byId("search").focus(), Escape: () => this.shared.choose(this),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    this.shared.repaint();
  }
}
