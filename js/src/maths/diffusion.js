/**
 * How well cells fit all clicks together, as ncut_widget/masks/diffusion.py and
 * regression.py, which say what is done and why.
 *
 * @typedef {object} Clicked a cell that was clicked
 * @property {Float32Array} vector its diffusion coordinates, of length 1
 * @property {boolean} positive
 * @property {[image: number, row: number, col: number]} cell
 *
 * @typedef {object} Fit
 * @property {Float32Array} vector whose products with coordinates, and
 * @property {number} offset, are how well cells fit
 * @property {number[]} local how much of each click's surroundings is added
 */

const TRIVIAL = 0.3;
const RIDGE = 2;
const SEPARATION = 0.7;
const REACH = 0.15;
const LOCAL_RIDGE = 0.05;
const STEPS = 60;
const LONGEST = 1e9;
const FAINTEST = 1e-30;
/** What a click lacks by rounding alone. */
const NOTHING = 1e-9;

/**
 * Weights of the eigenvectors at the time of diffusion that is wanted.
 *
 * @param {number[]} eigvals
 * @param {number} granularity
 */
export function weightsOf(eigvals, granularity) {
  const largest = eigvals[1];
  if (!(largest > 0)) return new Float32Array(eigvals.length);
  const some = eigvals.slice(1);
  const logs = some.map((value) => Math.log(Math.max(value / largest, FAINTEST)));
  /** @param {number} time */
  const at = (time) => logs.map((log) => Math.exp(Math.max(time * log, -700)));
  let low = 0;
  let high = 1;
  while (high < LONGEST && participation(at(high)) > granularity) {
    low = high;
    high *= 2;
  }
  for (let step = 0; step < STEPS; step++) {
    const time = (low + high) / 2;
    if (participation(at(time)) > granularity) low = time;
    else high = time;
  }
  return Float32Array.from([TRIVIAL, ...at(low).map(Math.sqrt)]);
}

/** @param {number[]} weights */
function participation(weights) {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight ** 2;
  }
  return sum ** 2 / squares;
}

/**
 * Fit clicks: 1 at the weakest positive one, 0 at the strongest negative one.
 *
 * @param {Clicked[]} clicks at least one positive
 * @param {[rows: number, cols: number]} grid
 * @returns {Fit}
 */
export function fitOf(clicks, grid) {
  const cosines = clicks.map((a) => clicks.map((b) => dot(a.vector, b.vector)));
  const labels = clicks.map(({ positive }) => (positive ? 1 : 0));
  const amounts = solve(cosines, RIDGE, labels);
  const fits = cosines.map((row) => dot(row, amounts));
  const of = (/** @type {boolean} */ wanted) =>
    fits.filter((_, i) => clicks[i].positive === wanted);
  const top = Math.max(Math.min(...of(true)), 1e-3);
  const bottom = Math.min(Math.max(0, ...of(false)), SEPARATION * top);
  const vector = new Float32Array(clicks[0].vector.length);
  clicks.forEach((click, j) => {
    const amount = amounts[j] / (top - bottom);
    for (let k = 0; k < vector.length; k++) vector[k] += amount * click.vector[k];
  });
  const lacking = fits.map((fit, i) => {
    const scaled = (fit - bottom) / (top - bottom);
    const lack = clicks[i].positive ? Math.max(1 - scaled, 0) : Math.min(-scaled, 0);
    return Math.abs(lack) < NOTHING ? 0 : lack;
  });
  const near = clicks.map(({ cell: a }, i) =>
    clicks.map(({ cell: b }, j) => {
      if (a[0] !== b[0]) return 0;
      const falloff = falloffOf(a[1] - b[1], grid[0]) * falloffOf(a[2] - b[2], grid[1]);
      return Math.max(cosines[i][j], 0) * falloff;
    }),
  );
  const isRight = lacking.every((lack) => lack === 0);
  const local = isRight ? lacking : solve(near, LOCAL_RIDGE, lacking);
  return { vector, offset: -bottom / (top - bottom), local };
}

/**
 * Add what is made right about a click to a map of its image.
 *
 * @param {Float32Array} map
 * @param {Float32Array} cosines of all cells with the click
 * @param {Clicked} click
 * @param {number} amount
 * @param {[rows: number, cols: number]} grid
 */
export function addAbout(map, cosines, { cell }, amount, [rows, cols]) {
  for (let row = 0, i = 0; row < rows; row++) {
    const down = amount * falloffOf(row - cell[1], rows);
    for (let col = 0; col < cols; col++, i++) {
      const across = falloffOf(col - cell[2], cols);
      map[i] += down * across * Math.max(cosines[i], 0);
    }
  }
}

/**
 * @param {number} apart
 * @param {number} size
 */
function falloffOf(apart, size) {
  return Math.exp(-((apart / (size * REACH)) ** 2) / 2);
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/**
 * Solve `(matrix + ridge) x = right` by Cholesky's factors.
 *
 * @param {number[][]} matrix symmetric, not negative
 * @param {number} ridge
 * @param {number[]} right
 */
function solve(matrix, ridge, right) {
  const size = right.length;
  /** @type {number[][]} */
  const lower = [];
  const x = [...right];
  for (let i = 0; i < size; i++) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j] + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      lower[i].push(i === j ? Math.sqrt(sum) : sum / lower[j][j]);
    }
    for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}
