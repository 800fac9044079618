import { describe, expect, it } from 'vitest';
import { DisposableStack } from '#shared/lib/disposable';

describe('DisposableStack', () => {
  it('gives back in the reverse order, once', () => {
    const order: string[] = [];
    const stack = new DisposableStack();
    for (const name of ['first', 'second', 'third']) stack.add(() => order.push(name));
    expect(stack.isDisposed).toBe(false);
    stack.dispose();
    stack.dispose();
    expect(order).toEqual(['third', 'second', 'first']);
    expect(stack.isDisposed).toBe(true);
  });

  it('gives back at once what comes after the end: a late result of an await does not leak', () => {
    const order: string[] = [];
    const stack = new DisposableStack();
    stack.dispose();
    stack.add(() => order.push('late'));
    expect(order).toEqual(['late']);
  });

  it('takes what is added by an undo while it disposes', () => {
    const order: string[] = [];
    const stack = new DisposableStack();
    stack.add(() => stack.add(() => order.push('nested')));
    stack.dispose();
    expect(order).toEqual(['nested']);
  });
});
