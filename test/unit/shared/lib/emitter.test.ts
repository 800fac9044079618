import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Emitter } from '#shared/lib/emitter';

interface Events {
  said: string;
  counted: number;
}

describe('Emitter', () => {
  it('calls the listeners of that name in the order of subscribing, until undone', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const undo = emitter.on('said', (text) => heard.push(`a ${text}`));
    emitter.on('said', (text) => heard.push(`b ${text}`));
    emitter.on('counted', (number) => heard.push(`c ${number}`));
    emitter.emit('said', 'one');
    undo();
    undo();
    emitter.emit('said', 'two');
    emitter.emit('counted', 3);
    expect(heard).toEqual(['a one', 'b one', 'b two', 'c 3']);
    expect(emitter.listenerCount).toBe(2);
  });

  it('lets all hear though one throws, and throws the first error afterwards', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    emitter.on('said', () => {
      throw new Error('first');
    });
    emitter.on('said', () => {
      throw new Error('second');
    });
    emitter.on('said', (text) => heard.push(text));
    expect(() => emitter.emit('said', 'still heard')).toThrow('first');
    expect(heard).toEqual(['still heard']);
  });

  it('calls who was subscribed when it began: one that subscribes meanwhile hears the next, one that undoes itself is not called again', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const undo = emitter.on('said', (text) => {
      heard.push(`once ${text}`);
      undo();
      emitter.on('said', (later) => heard.push(`late ${later}`));
    });
    emitter.emit('said', 'one');
    emitter.emit('said', 'two');
    expect(heard).toEqual(['once one', 'late two']);
  });

  it('has as many listeners as were subscribed and not undone', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.constantFrom('said' as const, 'counted' as const), isUndone: fc.boolean() })), (plan) => {
        const emitter = new Emitter<Events>();
        const undos = plan.map(({ name }) => emitter.on(name, () => undefined));
        plan.forEach(({ isUndone }, index) => isUndone && undos[index]?.());
        expect(emitter.listenerCount).toBe(plan.filter(({ isUndone }) => !isUndone).length);
        emitter.clear();
        expect(emitter.listenerCount).toBe(0);
      }),
    );
  });
});
