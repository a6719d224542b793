// The rows of a picture: faults, and for each host its network and its tasks.
const HOST_HEIGHT = 22, TASK_HEIGHT = 20, OUTPUT_HEIGHT = 15;
// Between two hosts, where the arrows are: as much as there is room for.
const LEAST_GAP = 26, MOST_GAP = 110;

// The rows of the hosts that are shown, from the top down, and the lanes that they make. Tasks that follow one
// another share a row, and all of a host its own row where tasks are not shown. The whole is as high as there is
// room, if that is enough.
function rowsOf(model, shownHosts, showsTasks, room) {
  const tight = rowsWith(model, shownHosts, showsTasks, LEAST_GAP), gaps = Math.max(tight.lanes.size - 1, 1);
  const gap = LEAST_GAP + Math.max(0, Math.min((room - tight.height) / gaps, MOST_GAP - LEAST_GAP));
  return rowsWith(model, shownHosts, showsTasks, gap);
}

function rowsWith(model, shownHosts, showsTasks, gap) {
  const rows = [], lanes = new Map();
  let y = 0;
  const add = (row) => {
    row.y = y;
    y += row.height;
    rows.push(row);
  };
  if (model.faults.length) add({ kind: "faults", host: -1, label: "faults", height: 34, tasks: [] });
  const writes = new Set(model.outputs.map((output) => output.task));
  const ofHost = model.hosts.map(() => []);
  model.tasks.forEach((task, place) => ofHost[task.host].push(place));
  const rowOfTask = new Int32Array(model.tasks.length).fill(-1), rowOfHost = [];
  model.hosts.forEach((host, number) => {
    if (!shownHosts.has(number)) return;
    if (lanes.size) y += gap;
    rowOfHost[number] = rows.length;
    const top = y;
    // What a host writes outside of tasks that are shown stands in its own row.
    const own = model.outputs.some((output) => output.host === number && (output.task < 0 || !showsTasks));
    if (!showsTasks) ofHost[number].forEach((task) => { rowOfTask[task] = rows.length; });
    add({ kind: "host", host: number, label: host.name, height: HOST_HEIGHT + (own ? OUTPUT_HEIGHT : 0), tasks: [] });
    for (const tasks of showsTasks ? groupsOf(model, ofHost[number]) : []) {
      const hasOutput = tasks.some((task) => writes.has(task));
      tasks.forEach((task) => { rowOfTask[task] = rows.length; });
      const more = tasks.length > 1 ? `, then ${tasks.length - 1} more` : "";
      const label = model.tasks[tasks[0]].label + more;
      add({ kind: "task", host: number, label, height: TASK_HEIGHT + (hasOutput ? OUTPUT_HEIGHT : 0), tasks });
    }
    lanes.set(number, { top, bottom: y });
  });
  return { rows, lanes, height: y + 16, rowOfTask, rowOfHost };
}

// Tasks in groups in which each begins when the one before has ended.
function groupsOf(model, tasks) {
  const groups = [], free = [];
  for (const task of tasks) {
    const { from, until } = model.tasks[task];
    const name = model.tasks[task].label.replace(/^task \d+ ?/, "");
    const group = groups.findIndex((group, place) => free[place] < from && group.name === name);
    if (group >= 0 && groups.length > 3) {
      groups[group].tasks.push(task);
      free[group] = until;
    } else {
      groups.push({ name, tasks: [task] });
      free.push(until);
    }
  }
  return groups.map((group) => group.tasks);
}

// Hosts on which anything is.
function usedHosts(model) {
  const used = new Set();
  // The future of `block_on` alone, which waits for the end of the run, is of no interest.
  model.tasks.forEach((task) => { if (task.label !== "block_on") used.add(task.host); });
  for (let row = 0; row < model.messages.length; row++) {
    used.add(model.messages.from[row]);
    used.add(model.messages.to[row]);
  }
  model.outputs.forEach((output) => used.add(output.host));
  model.hosts.forEach((host, number) => { if (host.spans.length) used.add(number); });
  return used.size ? used : new Set(model.hosts.keys());
}
