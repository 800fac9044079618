import { Tabs } from 'antd';
import { useStore } from 'zustand';
import { personIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { RosterModel } from '../../state/schedule/rosterModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { Duties } from './Duties.tsx';
import { Hours } from './Hours.tsx';
import { People } from './People.tsx';
import { Rooms } from './Rooms.tsx';
import { Workload } from './Workload.tsx';
import './roster.css';

/** 排班与可用时间: everybody's own hours, and for schedulers those of their tree, skills, rosters, rooms and load. */
export default function Roster({ model, self, mayArrange }: { readonly model: RosterModel; readonly self: Party; readonly mayArrange: boolean }) {
  const { t } = useText();
  const error = useStore(model.store, (s) => s.error);
  const { organisationId } = self;
  const items = [
    { key: 'mine', label: t('roster.mine'), children: <Hours model={model} personId={personIdSchema.parse(self.id)} /> },
    { key: 'duties', label: t('roster.duties'), children: <Duties model={model} organisationId={organisationId} mayArrange={mayArrange} /> },
    ...(mayArrange
      ? [
          { key: 'people', label: t('roster.people'), children: <People model={model} /> },
          { key: 'workload', label: t('roster.workload'), children: <Workload model={model} organisationId={organisationId} /> },
          { key: 'rooms', label: t('roster.rooms'), children: <Rooms model={model} organisationId={organisationId} /> },
        ]
      : []),
  ];
  return (
    <div className="hz-page hz-wide">
      <div className="hz-page-head">
        <h1>{t('roster.title')}</h1>
      </div>
      {error && <ErrorNotice error={error} />}
      <Tabs items={items} defaultActiveKey={mayArrange ? 'duties' : 'mine'} onChange={model.clearError} destroyOnHidden />
    </div>
  );
}
