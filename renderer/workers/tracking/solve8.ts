/** Eight equations of eight unknowns by Gauss with pivots; null for a singular matrix. Both arguments are used up. */
export function solve8(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const n = 8;
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1) if (Math.abs(matrix[row * n + column] ?? 0) > Math.abs(matrix[pivot * n + column] ?? 0)) pivot = row;
    const value = matrix[pivot * n + column] ?? 0;
    if (Math.abs(value) < 1e-12) return null;
    if (pivot !== column) {
      for (let k = 0; k < n; k += 1) {
        const kept = matrix[column * n + k] ?? 0;
        matrix[column * n + k] = matrix[pivot * n + k] ?? 0;
        matrix[pivot * n + k] = kept;
      }
      const kept = right[column] ?? 0;
      right[column] = right[pivot] ?? 0;
      right[pivot] = kept;
    }
    for (let row = column + 1; row < n; row += 1) {
      const factor = (matrix[row * n + column] ?? 0) / value;
      if (factor === 0) continue;
      for (let k = column; k < n; k += 1) matrix[row * n + k] = (matrix[row * n + k] ?? 0) - factor * (matrix[column * n + k] ?? 0);
      right[row] = (right[row] ?? 0) - factor * (right[column] ?? 0);
    }
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    let sum = right[row] ?? 0;
    for (let k = row + 1; k < n; k += 1) sum -= (matrix[row * n + k] ?? 0) * (right[k] ?? 0);
    right[row] = sum / (matrix[row * n + row] ?? 1);
  }
  return right;
}
