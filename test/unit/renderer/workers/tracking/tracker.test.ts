import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { required } from '#shared/lib/assert';
import type { Homography } from '../../../../../renderer/workers/tracking/homography.ts';
import { Search } from '../../../../../renderer/workers/tracking/search.ts';
import { type Pose, type Tracked, Tracker } from '../../../../../renderer/workers/tracking/tracker.ts';
import { cover, createWorld, cv, errorOf, frameOf, HEIGHT, rtp, seen, square, view, WIDTH } from './world.ts';

const here = createWorld(1);
const elsewhere = createWorld(77);
const MARK = square(330, 170);
/** A hand holding the camera: everything moves at once. */
const way = (index: number): Homography => view(30 * Math.sin(index / 9), 14 * Math.sin(index / 7), 8 * Math.sin(index / 11), 1 + 0.15 * Math.sin(index / 13));

let tracker = new Tracker(cv);
beforeEach(() => {
  tracker.close();
  tracker = new Tracker(cv);
});
afterAll(() => {
  for (const part of [tracker, here, elsewhere]) 'close' in part ? part.close() : part.delete();
});

const poseOf = ({ poses }: Tracked, markId = 'mark'): Pose => required(poses.find((pose) => pose.markId === markId), 'the pose');
const show = (index: number, at = way(index)) => tracker.track(frameOf(seen(here, at), rtp(index)));

describe('anchoring', () => {
  it('[ANN22] a mark drawn a second ago is placed on the frame it was drawn on, and has caught up with the live one', () => {
    for (let index = 0; index < 40; index += 1) show(index);
    expect(tracker.anchor('mark', rtp(9), MARK)).toBe('ok');
    let pose: Pose | null = null;
    for (let index = 40; index < 44; index += 1) pose = poseOf(show(index));
    expect(pose?.state).toBe('tracked');
    expect(errorOf(required(pose, 'a pose').transform, MARK, way(9), way(43))).toBeLessThan(0.5);
  });

  it('[ANN22] and comes through a history in which it cannot be reached at one stride', () => {
    const turning = (index: number) => view(0, 0, 2.2 * index);
    for (let index = 0; index < 45; index += 1) show(index, turning(index));
    expect(tracker.anchor('mark', rtp(2), MARK)).toBe('ok');
    const states: string[] = [];
    let pose: Pose | null = null;
    for (let index = 45; index < 60; index += 1) {
      pose = poseOf(show(index, turning(index)));
      states.push(pose.state);
    }
    expect(states[0]).not.toBe('tracked');
    expect(pose?.state).toBe('tracked');
    expect(errorOf(required(pose, 'a pose').transform, MARK, turning(2), turning(59))).toBeLessThan(0.5);
  });

  it('[ANN21] a frame of more than two seconds ago is gone, and so is one that never came', () => {
    for (let index = 0; index < 70; index += 1) show(index, view(0, 0));
    expect(tracker.anchor('mark', rtp(5), MARK)).toBe('frameGone');
    expect(tracker.anchor('mark', rtp(80), MARK)).toBe('frameGone');
    expect(tracker.anchor('mark', rtp(15), MARK)).toBe('ok');
  });

  it('[ANN23] a mark on something blank is refused, however rich what is around it', () => {
    const picture = seen(here, way(0));
    cv.rectangle(picture, new cv.Point(260, 100), new cv.Point(400, 240), new cv.Scalar(140), -1);
    tracker.track(frameOf(picture, rtp(0)));
    expect(tracker.anchor('mark', rtp(0), MARK)).toBe('noTexture');
    expect(tracker.anchor('beside', rtp(0), square(150, 170))).toBe('ok');
  });

  it('[ANN23] at the edge of something blank as well: what is beside a mark may be nearer or farther than the mark', () => {
    const picture = seen(here, way(0));
    cv.rectangle(picture, new cv.Point(300, 60), new cv.Point(500, 300), new cv.Scalar(140), -1);
    tracker.track(frameOf(picture, rtp(0)));
    expect(tracker.anchor('mark', rtp(0), square(330, 170))).toBe('noTexture');
    expect(tracker.anchor('beside', rtp(0), square(270, 170))).toBe('ok');
  });
});

describe('following', () => {
  it('[ANN24] nothing adds up: after five seconds of motion a mark is as exact as at first', () => {
    show(0);
    tracker.anchor('mark', rtp(0), MARK);
    const errors: number[] = [];
    for (let index = 1; index < 150; index += 1) {
      const pose = poseOf(show(index));
      expect(pose.state).toBe('tracked');
      errors.push(errorOf(pose.transform, MARK, way(0), way(index)));
    }
    expect(Math.max(...errors.slice(0, 30))).toBeLessThan(0.4);
    expect(Math.max(...errors.slice(-30))).toBeLessThan(0.4);
  });

  it('[ANN24] perspective is followed too', () => {
    const tilted = (index: number): Homography => [1, 0, 0, 0, 1, 0, 0.0006 * Math.sin(index / 10), 0.0004 * Math.sin(index / 8), 1];
    show(0, tilted(0));
    tracker.anchor('mark', rtp(0), MARK);
    for (let index = 1; index < 60; index += 1) {
      const pose = poseOf(show(index, tilted(index)));
      expect(pose.state).toBe('tracked');
      expect(errorOf(pose.transform, MARK, tilted(0), tilted(index))).toBeLessThan(0.6);
    }
  });

  it('[ANN25] a lamp that is dimmed moves no mark', () => {
    show(0);
    tracker.anchor('mark', rtp(0), MARK);
    for (let index = 1; index < 30; index += 1) {
      const picture = seen(here, way(index));
      picture.convertTo(picture, -1, 1 - index / 60, index / 3);
      const pose = poseOf(tracker.track(frameOf(picture, rtp(index))));
      expect(pose.state).toBe('tracked');
      expect(errorOf(pose.transform, MARK, way(0), way(index))).toBeLessThan(0.5);
    }
  });

  it('[ANN32] marks are followed together, and one that is dropped takes nothing from the others', () => {
    const other = square(180, 120);
    show(0);
    tracker.anchor('mark', rtp(0), MARK);
    tracker.anchor('other', rtp(0), other);
    for (let index = 1; index < 10; index += 1) show(index);
    tracker.drop('mark');
    const last = show(10);
    expect(last.poses.map(({ markId }) => markId)).toEqual(['other']);
    expect(poseOf(last, 'other').state).toBe('tracked');
    expect(errorOf(poseOf(last, 'other').transform, other, way(0), way(10))).toBeLessThan(0.4);
  });
});

describe('many marks', () => {
  it('[ANN32] more than can be checked in a frame take turns, and stay in their places', () => {
    const places = [100, 200, 300, 400, 500].flatMap((x) => [120, 240].map((y) => square(x, y)));
    show(0);
    for (const [i, place] of places.entries()) expect(tracker.anchor(`mark ${i}`, rtp(0), place)).toBe('ok');
    for (let index = 1; index < 12; index += 1) {
      const last = show(index);
      for (const [i, place] of places.entries()) {
        expect(poseOf(last, `mark ${i}`).state).toBe('tracked');
        expect(errorOf(poseOf(last, `mark ${i}`).transform, place, way(0), way(index))).toBeLessThan(1);
      }
    }
    // With nothing to ride on, those whose turn it is not are sure no longer.
    const dark = tracker.track(frameOf(new cv.Mat(HEIGHT, WIDTH, cv.CV_8UC1, new cv.Scalar(16)), rtp(12)));
    expect(dark.poses.filter(({ state }) => state === 'tracked')).toEqual([]);
  });
});

describe('honesty', () => {
  const begin = () => {
    show(0);
    tracker.anchor('mark', rtp(0), MARK);
    for (let index = 1; index < 8; index += 1) show(index);
  };

  it('[ANN26] another picture, or a covered lens: lost in that very frame and until the thing is seen again', () => {
    begin();
    expect(poseOf(tracker.track(frameOf(seen(elsewhere, way(8)), rtp(8)))).state).toBe('lost');
    for (let index = 9; index < 15; index += 1) expect(poseOf(tracker.track(frameOf(seen(elsewhere, way(index)), rtp(index)))).state).toBe('lost');
    for (let index = 15; index < 18; index += 1) expect(poseOf(tracker.track(frameOf(new cv.Mat(HEIGHT, WIDTH, cv.CV_8UC1, new cv.Scalar(16)), rtp(index)))).state).toBe('lost');
    expect([18, 19, 20].map((index) => poseOf(show(index, way(7))).state)).toContain('tracked');
  });

  it('[ANN27] a hand over the mark alone: not shown as sure while it is there, and sure at once after it', () => {
    begin();
    for (let index = 8; index < 20; index += 1) {
      const pose = poseOf(tracker.track(frameOf(cover(seen(here, way(index)), elsewhere, 240, 90, 180, 160), rtp(index))));
      expect(pose.state).not.toBe('tracked');
      expect(pose.confidence).toBeLessThan(0.4);
    }
    const states = [20, 21, 22].map((index) => poseOf(show(index)).state);
    expect(states).toContain('tracked');
  });

  it('[ANN28] after a leap the search proposes and the check decides', () => {
    begin();
    const search = new Search(cv);
    search.describe('mark', required(tracker.frameAt(rtp(0)), 'the drawn-on frame'), MARK);
    for (let index = 8; index < 12; index += 1) tracker.track(frameOf(seen(elsewhere, way(index)), rtp(index)));
    const far = view(-150, 60, 35, 1.3);
    expect(show(12, far).lost).toEqual(['mark']);
    const [proposal] = search.look(required(tracker.searchFrame(), 'a frame'), ['mark']);
    tracker.propose('mark', rtp(12), required(proposal, 'a proposal').transform);
    const pose = poseOf(show(13, far));
    expect(pose.state).toBe('tracked');
    expect(errorOf(pose.transform, MARK, way(0), far)).toBeLessThan(0.5);
    search.close();
  });

  it('[ANN28] a proposal of a wrong place is not taken', () => {
    begin();
    const far = view(-150, 60, 35, 1.3);
    for (let index = 8; index < 11; index += 1) show(index, index === 8 ? view(400, 0) : far);
    const before = poseOf(show(11, far)).state;
    tracker.propose('mark', rtp(11), [1, 0, 0.2, 0, 1, 0.1, 0, 0, 1]);
    expect([before, poseOf(show(12, far)).state]).toEqual(['lost', 'lost']);
  });

  it('[ANN29] frames of another shape, or an earlier time, begin anew: what was seen before is no longer held', () => {
    begin();
    const pose = poseOf(tracker.track(frameOf(new cv.Mat(480, WIDTH, cv.CV_8UC1, new cv.Scalar(90)), rtp(8))));
    expect(pose.state).toBe('lost');
    expect(tracker.anchor('late', rtp(5), MARK)).toBe('frameGone');
    begin();
    show(2);
    expect(tracker.anchor('late', rtp(5), MARK)).toBe('frameGone');
  });
});
