/**
 * Stamps what a page does, from outside: when an event is dispatched, when a canvas is
 * drawn to after it, and when the frame with that drawing has been committed.
 *
 * Committed: the first task after the animation frame that drew. An animation frame's
 * callbacks, style, layout, paint and commit are one task in Chromium, so a message
 * posted by a callback is read when the frame is on its way to the screen.
 *
 * Evaluates to nothing; leaves `window.probe`.
 */
(() => {
  if (window.probe) return;

  /** @type {Map<HTMLCanvasElement, { root: HTMLElement, drawn: number }>} */
  const canvases = new Map();
  /** Of the kind that is looked at now. */
  let type = "";
  let events = [];
  let frames = 0;
  let inFrame = false;

  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    request((time) => {
      inFrame = true;
      try {
        callback(time);
      } finally {
        inFrame = false;
      }
    });

  const { port1, port2 } = new MessageChannel();
  let posted = false;
  const post = () => {
    if (!posted) port2.postMessage(null);
    posted = true;
  };
  port1.onmessage = () => {
    posted = false;
    const now = performance.now();
    for (const event of events) {
      if (event.drawn !== null) event.committed ??= now;
    }
    const event = events.at(-1);
    if (!event || event.answer || type !== "click") return;
    const { root, drawn } = canvases.get(event.canvas);
    if (root.dataset.state !== "idle") return;
    if (root.dataset.revision === event.revision) return;
    event.answer = { drawn: drawn - event.at, committed: now - event.at };
  };

  const drew = (canvas) => {
    if (!canvases.has(canvas)) return;
    const now = performance.now();
    canvases.get(canvas).drawn = now;
    for (const event of events) {
      // The last drawing of the frame counts, and the first frame.
      if (event.canvas === canvas && event.committed === null) event.drawn = now;
    }
    if (inFrame) post();
    else request(post);
  };
  for (const name of ["drawImage", "putImageData"]) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...rest) {
      draw.apply(this, rest);
      drew(this.canvas);
    };
  }

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    frames++;
    send.call(this, data);
  };

  const listen = (event) => {
    if (event.type !== type) return;
    const canvas = [...canvases].find(([, { root }]) => root.contains(event.target))?.[0];
    if (!canvas) return;
    const at = performance.now();
    const { root } = canvases.get(canvas);
    const { revision } = root.dataset;
    const stamp = event.timeStamp;
    events.push({ canvas, revision, at, stamp, drawn: null, committed: null });
  };
  for (const name of ["input", "pointermove", "click"]) {
    window.addEventListener(name, listen, { capture: true });
  }

  window.probe = {
    /** Watch a canvas in a root that has `data-state` and `data-revision`. */
    watch(canvas, root) {
      canvases.set(canvas, { root, drawn: 0 });
    },

    start(kind) {
      type = kind;
      events = [];
      frames = 0;
    },

    /** Milliseconds of every event since the start. */
    stop() {
      type = "";
      return events
        .filter(({ committed }) => committed !== null)
        .map(({ at, stamp, drawn, committed }) => ({
          drawn: drawn - at,
          committed: committed - at,
          stamped: committed - stamp,
        }));
    },

    get count() {
      return events.length;
    },

    /** Frames sent over the page's websockets since the start. */
    get frames() {
      return frames;
    },

    /** Of the last click: milliseconds until its kernel's answer was painted. */
    get answer() {
      return events.at(-1)?.answer;
    },
  };
})();
