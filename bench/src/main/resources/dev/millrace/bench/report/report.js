"use strict";
(() => {
  const results = JSON.parse(document.getElementById("results").textContent);
  const report = document.getElementById("report");
  const ink = getComputedStyle(document.body).color;
  const colours = ["#1f6f8b", "#c0562f", "#5b8c3a", "#7a5ba6", "#b58900", "#2aa198"];
  const pastel = ["#9cc5d4", "#e6b39c", "#b7d3a2", "#c9b8e0", "#e7d08a", "#a9dcd7", "#d7b5c5", "#c5cbd0"];

  const number = (value, digits) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  function add(parent, name, text, classes) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (classes) made.className = classes;
    parent.append(made);
    return made;
  }

  function table(parent, head, rows) {
    const made = add(add(parent, "div", undefined, "wide"), "table");
    const top = add(add(made, "thead"), "tr");
    head.forEach((title, i) => add(top, "th", title, rows.length && typeof rows[0][i] === "string" ? "text" : ""));
    const body = add(made, "tbody");
    for (const row of rows) {
      const line = add(body, "tr");
      for (const cell of row) {
        if (typeof cell === "string") add(line, "td", cell, "text");
        else {
          const made = add(line, "td", cell.text, cell.noisy ? "noisy" : "");
          if (cell.title) made.title = cell.title;
          if (cell.share !== undefined) {
            made.classList.add("bar");
            made.style.setProperty("--share", Math.max(0, Math.min(1, cell.share)) * 100 + "%");
          }
        }
      }
    }
  }

  const plain = (value, digits = 0) => ({ text: number(value, digits) });

  // A median; its rounds are in the tooltip, and noise that hides it makes it italic.
  function figure(of, digits, share) {
    if (!of) return { text: "" };
    return {
      text: number(of.median, digits),
      noisy: of.hidden,
      title: "rounds: " + of.rounds.map(value => number(value, digits)).join(", "),
      share: share ? of.median : undefined,
    };
  }

  function section(title, text, of) {
    add(report, "h2", title);
    add(report, "p", text);
    if (!of.environment) return;
    if (of.settings.quick) add(report, "p", "A quick run: it proves that this runs, and its figures mean nothing.", "noisy");
    const machine = of.environment;
    const made = add(report, "details");
    add(made, "summary", `${machine.cpu}, ${machine.cpus} CPUs, ${machine.at}, seed ${of.seed}`);
    const facts = [["java", machine.java], ["system", machine.system], ["commit", machine.commit || "unknown"],
      ["memory", machine.memory_mib + " MiB"], ["load before", number(machine.load, 2)],
      ...Object.entries(machine.versions), ...Object.entries(of.settings).sort()];
    table(made, ["", ""], facts);
  }

  function plot(parent, title, x, lines, options) {
    new uPlot({
      title,
      width: 440,
      height: 280,
      scales: { x: { time: false, distr: options.log ? 3 : 1, log: 2 }, y: { range: (u, least, most) => [0, most * 1.1 || 1] } },
      axes: [
        { label: options.x, stroke: ink, grid: { stroke: "#8883" }, ticks: { stroke: "#8883" },
          splits: options.log ? () => x : undefined, values: (u, at) => at.map(value => value === null ? "" : value) },
        { label: options.y, size: 64, stroke: ink, grid: { stroke: "#8883" }, ticks: { stroke: "#8883" } },
      ],
      series: [{ label: options.x }, ...lines.map((line, i) => ({
        label: line.label,
        stroke: colours[i % colours.length],
        width: 2,
        points: { show: true, size: 6 },
        value: (u, value) => value === null || value === undefined ? "" : number(value, options.digits),
      }))],
    }, [x, ...lines.map(line => line.values)], add(parent, "div"));
  }

  const name = row => `${row.model}, ${row.delivery}, ${row.lanes} lane${row.lanes === 1 ? "" : "s"}, batch ${row.batch}`;

  function stack(parent, shares) {
    const sum = shares.reduce((all, share) => all + share.cpu_seconds_per100k, 0);
    const made = add(parent, "div", undefined, "stack");
    shares.forEach((share, i) => {
      const part = add(made, "span", `${share.name} ${number(share.cpu_seconds_per100k * 10, 1)}`);
      part.style.width = share.cpu_seconds_per100k / sum * 100 + "%";
      part.style.background = pastel[i % pastel.length];
      part.title = `${share.name}: ${number(share.cpu_seconds_per100k * 10, 2)} µs, `
        + `${number(share.bytes_per_image, 0)} bytes an image`;
    });
  }

  function limit(of) {
    section("The limit", "A worker between two Kafka topics, against session runs of ONNX Runtime and nothing else on the same "
      + "CPUs. Medians; italic where the quartiles of the rounds are further apart than a tenth.", of);
    table(report, ["model", "delivery", "lanes", "batch", "raw images/s", "without Kafka", "worker", "of raw", "core µs"],
      of.models.map(row => [row.model, row.delivery, plain(row.lanes), plain(row.batch),
        figure(row.figures.raw_images_per_second, 0), figure(row.figures.dry_images_per_second, 0),
        figure(row.figures.lane_images_per_second, 0), figure(row.figures.lane_over_raw, 3, true),
        figure(row.figures.overhead_core_us_per_image, 1)]));
    add(report, "h3", "Where the worker's process spends its CPU time, in µs an image");
    for (const row of of.models) {
      add(report, "p", name(row)).style.margin = "8px 0 0";
      stack(report, row.threads);
    }
  }

  function load(of) {
    section("Latency", "From the moment at which a request should have been sent to the one at which its answer was read, at parts "
      + "of the measured capacity. Open loop: a slow answer delays no request.", of);
    const plots = add(report, "div", undefined, "plots");
    for (const row of of.models) {
      plot(plots, name(row), row.loads.map(level => level.percent), [
        { label: "p50", values: row.loads.map(level => level.ms_p50.median) },
        { label: "p99", values: row.loads.map(level => level.ms_p99.median) },
        { label: "p99.9", values: row.loads.map(level => level.ms_p999 ? level.ms_p999.median : null) },
      ], { x: "% of capacity", y: "ms", digits: 2 });
    }
    table(report, ["setup", "capacity", "load %", "requests/s", "answers", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "late p99", "images/run"],
      of.models.flatMap(row => row.loads.map(level => [name(row), figure(row.capacity, 0), plain(level.percent),
        plain(level.per_second), plain(level.answers), figure(level.ms_p50, 2), figure(level.ms_p99, 2), figure(level.ms_p999, 2),
        figure(level.ms_max, 1), figure(level.sent_late_ms_p99, 2), plain(level.images_per_run, 1)])));
  }

  function scale(of) {
    section("Scale", `A model that only waits, ${of.settings.run_ms} ms a run for each worker: what is missing to the sum of the runs is what `
      + "coordination costs.", of);
    const one = of.groups.filter(group => group.workers === 1);
    const sizes = [...new Set(of.groups.map(group => group.workers * group.lanes))].sort((a, b) => a - b);
    const at = (groups, value) => sizes.map(size => {
      const found = groups.find(group => group.workers * group.lanes === size);
      return found ? value(found) : null;
    });
    const many = of.groups.filter(group => group.workers > 1 || group.lanes === 4);
    const plots = add(report, "div", undefined, "plots");
    for (const [title, value, digits] of [
      ["of ideal", group => group.of_ideal.median, 3], ["core µs an image", group => group.core_us_per_image.median, 1]]) {
      plot(plots, title, sizes, [
        { label: "one worker", values: at(one, value) },
        { label: "workers with 4 lanes", values: at(many, value) },
      ], { x: "lanes in all", y: title, digits, log: true });
    }
    table(report, ["workers", "lanes in all", "run ms", "join s", "ideal/s", "images/s", "of ideal", "core µs"],
      of.groups.map(group => [plain(group.workers), plain(group.workers * group.lanes), plain(group.run_ms, 0),
        plain(group.join_seconds, 1),
        plain(group.ideal_per_second), figure(group.images_per_second, 0), figure(group.of_ideal, 3, true),
        figure(group.core_us_per_image, 1)]));
  }

  function faults(of) {
    section("Faults", "What was lost, answered twice, and how long recovery took.", of);
    table(report, ["fault", "mode", "runs", "requests", "lost", "twice", "recovery p50 ms", "recovery max ms"],
      of.faults.map(row => [row.fault, row.mode, plain(row.runs), plain(row.requests), plain(row.lost), plain(row.duplicated),
        plain(row.recovery_ms_p50), plain(row.recovery_ms_max)]));
  }

  function peers(of) {
    section("Beside others", `The same broker, messages, model and CPUs in one run. Times at ${of.settings.load_percent} % of what `
      + `${of.settings.load_of} can do; with * at that part of a contestant's own capacity, which cannot carry it.`, of);
    const most = key => Math.max(...of.contestants.map(row => row.figures[key].median));
    const bar = (row, key) => ({ ...figure(row.figures[key], 0), share: row.figures[key].median / most(key) });
    table(report, ["contestant", "model", "images/s", "images a CPU second", "load/s", "p50 ms", "p99 ms", "RSS MB", "lines"],
      of.contestants.map(row => [row.name, row.precision, bar(row, "images_per_second"), bar(row, "images_per_cpu_second"),
        { text: number(row.load_per_second, 0) + (row.equal_load ? "" : " *") }, figure(row.figures.p50_ms, 1),
        figure(row.figures.p99_ms, 1), plain(row.rss_mb), plain(row.lines_of_user_code)]));
    const told = new Map(of.contestants.map(row => [row.name, row.settings]));
    const made = add(report, "details");
    add(made, "summary", "what each is told beside its defaults");
    table(made, ["", ""], [...told]);
    if (!of.crayfish.length) return;
    add(report, "h3", "Crayfish's FFNN, fp32, by its own definitions");
    const rates = [...new Set(of.crayfish.map(row => row.offered_per_second))].sort((a, b) => a - b);
    const plots = add(report, "div", undefined, "plots");
    for (const [title, key] of [["throughput/s", "throughput_per_second"], ["mean latency, ms", "mean_latency_ms"]]) {
      plot(plots, title, rates, [...new Set(of.crayfish.map(row => row.name))].map(label => ({ label, values: rates.map(rate => {
        const found = of.crayfish.find(row => row.name === label && row.offered_per_second === rate);
        return found ? found[key] : null;
      }) })), { x: "offered/s", y: title, digits: 1, log: true });
    }
  }

  for (const [kind, show] of Object.entries({ limit, load, scale, peers, faults })) {
    if (results[kind]) show(results[kind]);
  }
})();
