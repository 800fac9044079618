/** What an array of numbers holds at an index that its owner knows to be within it; the compiler cannot know, and gets 0 for what is not. */
export const numberAt = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;
