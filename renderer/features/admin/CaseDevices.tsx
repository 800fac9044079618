import { CheckCircleOutlined, ClockCircleOutlined } from '@ant-design/icons';
import { Button, Table } from 'antd';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseDevice } from '#shared/protocol/cases';
import { clockTime, fullName } from '../../i18n/format.ts';
import type { AdminModel } from '../../state/adminModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { useClock, useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { programName } from '../../ui/programName.ts';
import { type Machine, machinesOf } from './machines.ts';

/** While a machine has not answered, the list is asked again this often, ms. */
const LOOK_AGAIN_MS = 5000;

/** Machines that keep copies of case files, and the wiping of one that is lost. */
export function CaseDevices({ model }: { readonly model: AdminModel }) {
  const { t, language } = useText();
  const clock = useClock();
  const { caseDevices, isWorking } = useStore(model.store);
  const [asked, setAsked] = useState<Machine | null>(null);
  const { wallMs } = useNow(10_000);
  useEffect(() => model.refreshCaseDevices(), [model]);
  const isWaiting = caseDevices?.some(({ wipe }) => wipe.state === 'asked') ?? false;
  // Each answer, also an unchanged one, begins the next wait.
  useEffect(() => {
    if (isWaiting) return clock.after(LOOK_AGAIN_MS, model.refreshCaseDevices);
  }, [isWaiting, caseDevices, clock, model]);
  const machines = useMemo(() => machinesOf(caseDevices ?? []), [caseDevices]);
  const nameOf = ({ users }: Machine) => users.map(({ party }) => fullName(party, language)).join(t('common.listComma'));
  const time = (ms: number) => clockTime(ms, wallMs, language);

  return (
    <div className="hz-column">
      <p className="hz-muted">{t('admin.deviceHelp')}</p>
      <Table<Machine>
        rowKey="deviceId"
        size="middle"
        loading={caseDevices === null && isWorking}
        dataSource={machines}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 900 }}
        locale={{ emptyText: t('admin.noDevices') }}
        columns={[
          { title: t('admin.deviceWho'), key: 'who', render: (_, { users }) => <Lines>{users.map((user) => <span key={user.party.id}>{fullName(user.party, language)}</span>)}</Lines> },
          { title: t('admin.device'), key: 'device', render: (_, device) => <span title={`${device.client} · ${device.deviceId}`}>{programName(device.client, t)}</span> },
          { title: t('admin.deviceCases'), key: 'cases', align: 'right', render: (_, { users }) => <Lines>{users.map((user) => <span key={user.party.id}>{t('admin.deviceCount', { count: user.cachedCases })}</span>)}</Lines> },
          { title: t('admin.lastSeen'), key: 'lastSeen', render: (_, device) => time(device.lastSeenAtMs) },
          { title: t('admin.state'), key: 'state', render: (_, { users }) => <Lines>{users.map((user) => <WipeState key={user.party.id} wipe={user.wipe} time={time} />)}</Lines> },
          {
            title: t('admin.actions'),
            key: 'actions',
            render: (_, device) =>
              device.canWipe ? (
                <Button danger onClick={() => setAsked(device)} aria-label={t('admin.wipeNamed', { name: nameOf(device) })} data-testid={`wipe-${device.deviceId}`}>
                  {t('admin.wipe')}
                </Button>
              ) : null,
          },
        ]}
      />
      {asked && (
        <ConfirmDialog
          isOpen
          isDangerous
          title={t('admin.wipeTitle', { name: nameOf(asked) })}
          text={t('admin.wipeText', { name: nameOf(asked), client: programName(asked.client, t) })}
          confirmLabel={t('admin.wipe')}
          confirmTestId="wipe-confirm"
          onConfirm={() => {
            model.wipeDevice(asked.deviceId);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
    </div>
  );
}

/** One line below another: what concerns each user of a machine. */
function Lines({ children }: { readonly children: ReactNode }) {
  return <div className="hz-column">{children}</div>;
}

function WipeState({ wipe, time }: { readonly wipe: CaseDevice['wipe']; readonly time: (ms: number) => string }) {
  const { t } = useText();
  switch (wipe.state) {
    case 'none':
      return <span className="hz-muted">{t('admin.wipeState.none')}</span>;
    case 'asked':
      return (
        <div>
          <Chip tone="caution" icon={<ClockCircleOutlined />}>
            {t('admin.wipeState.asked')}
          </Chip>
          <p className="hz-small hz-muted">{t('admin.wipeAsked', { time: time(wipe.askedAtMs), end: time(wipe.leasesEndAtMs) })}</p>
        </div>
      );
    case 'done':
      return (
        <div>
          <Chip tone="good" icon={<CheckCircleOutlined />}>
            {t('admin.wipeState.done')}
          </Chip>
          <p className="hz-small hz-muted">{t('admin.wipeDone', { time: time(wipe.doneAtMs), asked: time(wipe.askedAtMs) })}</p>
        </div>
      );
  }
}
