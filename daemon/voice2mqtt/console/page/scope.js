// The last seconds of the microphone as a picture: level, noise floor, and where the gate was open.

const LOWEST_DB = -72;
const HIGHEST_DB = -6;
const SHOWN = 220;

/** Draws on `canvas` what `add` is given, ten times a second. */
export class Scope {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(canvas);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.scheme.addEventListener("change", this.redraw);
  }

  close() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }

  add(level) {
    this.points.push(level);
    if (this.points.length > SHOWN) this.points.shift();
    if (!document.hidden) this.draw();
  }

  draw() {
    const { canvas, points } = this;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const colours = getComputedStyle(canvas);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const step = width / (SHOWN - 1);
    const left = width - (points.length - 1) * step;
    const middle = height / 2;
    const half = (db) => Math.max(1, ((Math.min(db, HIGHEST_DB) - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)) * (middle - 6));
    const bar = Math.max(1.5, step * 0.62);
    pen.lineCap = "round";
    pen.lineWidth = bar;
    points.forEach((point, n) => {
      const x = left + n * step;
      if (x < 0) return;
      if (point.in_speech) {
        pen.fillStyle = colours.getPropertyValue("--scope-gate");
        // Whole pixels, since overlapping edges would show as stripes.
        const begin = Math.round(x - step / 2);
        pen.fillRect(begin, 0, Math.round(x + step / 2) - begin, height);
      }
      const tall = half(point.peak_db);
      pen.strokeStyle = colours.getPropertyValue(point.in_speech ? "--scope-speech" : "--scope-quiet");
      pen.beginPath();
      pen.moveTo(x, middle - tall);
      pen.lineTo(x, middle + tall);
      pen.stroke();
    });
    const last = points.at(-1);
    if (!last) return;
    pen.strokeStyle = colours.getPropertyValue("--scope-floor");
    pen.lineWidth = 1;
    pen.setLineDash([3, 4]);
    for (const side of [-1, 1]) {
      const y = Math.round(middle + side * half(last.floor_db)) + 0.5;
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
    }
    pen.setLineDash([]);
  }
}
