import type { OpenCV } from '@opencvjs/web';

/** OpenCV compiled to WebAssembly, as the tracking parts use it. Every Mat and vector made of it lies outside JavaScript's memory and must be `delete()`d. */
export type Cv = typeof OpenCV;
export type Mat = OpenCV.Mat;

/** Loads the library (11 MB, 0.5 s); the second call gives the same one. It is asked for only when there is something to track. */
export async function loadCv(): Promise<Cv> {
  const { loadOpenCV } = await import('@opencvjs/web');
  return loadOpenCV();
}
