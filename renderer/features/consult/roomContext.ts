import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { SourceId } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import type { ConsultModel, ConsultState } from '../../state/consultModel.ts';
import type { DeviceModel } from '../../state/deviceModel.ts';

/** What every part of the room may use: the model, the devices, and the picture windows. */
export interface RoomContextValue {
  readonly model: ConsultModel;
  readonly devices: DeviceModel;
  readonly poppedOut: readonly SourceId[];
  readonly popOut: (sourceId: SourceId) => void;
  readonly popBack: (sourceId: SourceId) => void;
}

export const RoomContext = createContext<RoomContextValue | null>(null);

export function useRoom(): RoomContextValue {
  return required(useContext(RoomContext), 'a RoomContext around this component');
}

/** A part of the room's state; the component is drawn anew only when that part changes. */
export function useConsult<T>(select: (state: ConsultState) => T): T {
  return useStore(useRoom().model.store, select);
}
