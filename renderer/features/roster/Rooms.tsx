import { PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select, Table } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { type OrganisationId, organisationIdSchema } from '#shared/domain/ids';
import type { Venue } from '#shared/domain/scheduling';
import { pick } from '../../i18n/format.ts';
import type { RosterModel } from '../../state/schedule/rosterModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';

interface Values {
  readonly zh: string;
  readonly en: string;
  readonly organisationId: string;
}

/** Physical rooms that can be booked; one out of use keeps its past sessions. */
export function Rooms({ model, organisationId }: { readonly model: RosterModel; readonly organisationId: OrganisationId }) {
  const { t, language } = useText();
  const { venues, organisations, isLoaded } = useStore(model.directory.store);
  const [edited, setEdited] = useState<Venue | 'new' | null>(null);
  useEffect(() => void model.directory.load(), [model]);
  return (
    <div className="hz-column">
      <div>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => { model.clearError(); setEdited('new'); }} data-testid="add-room">{t('roster.addRoom')}</Button>
      </div>
      <Table<Venue>
        rowKey="id" size="middle" loading={!isLoaded} dataSource={[...venues]} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} locale={{ emptyText: t('admin.noEntries') }}
        columns={[
          { title: t('sched.room'), key: 'name', render: (_, { name }) => pick(name, language) },
          { title: t('admin.organisation'), key: 'organisation', render: (_, venue) => { const found = organisations.find(({ id }) => id === venue.organisationId); return found ? pick(found.name, language) : '–'; } },
          { title: t('admin.state'), key: 'state', render: (_, { isRetired }) => <Chip tone={isRetired ? 'neutral' : 'good'}>{t(isRetired ? 'roster.retired' : 'roster.inUse')}</Chip> },
          {
            title: t('admin.actions'), key: 'actions',
            render: (_, venue) => (
              <div className="hz-row">
                <Button aria-label={`${t('roster.rename')}: ${pick(venue.name, language)}`} onClick={() => { model.clearError(); setEdited(venue); }}>{t('roster.rename')}</Button>
                <Button aria-label={`${t(venue.isRetired ? 'roster.revive' : 'roster.retire')}: ${pick(venue.name, language)}`} onClick={() => void model.saveVenue({ venueId: venue.id, organisationId: venue.organisationId, name: venue.name, isRetired: !venue.isRetired })}>{t(venue.isRetired ? 'roster.revive' : 'roster.retire')}</Button>
              </div>
            ),
          },
        ]}
      />
      {edited && <RoomDialog model={model} venue={edited === 'new' ? null : edited} organisationId={organisationId} onClose={() => setEdited(null)} />}
    </div>
  );
}

function RoomDialog({ model, venue, organisationId, onClose }: { readonly model: RosterModel; readonly venue: Venue | null; readonly organisationId: OrganisationId; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const organisations = useStore(model.directory.store, (s) => s.organisations);
  const [form] = Form.useForm<Values>();
  const needed = [{ required: true, whitespace: true, message: t('cal.needed') }];
  const save = ({ zh, en, organisationId: id }: Values) => void model.saveVenue({ venueId: venue?.id ?? null, organisationId: organisationIdSchema.parse(id), name: { zh, en }, isRetired: venue?.isRetired ?? false }).then((isDone) => (isDone ? onClose() : undefined));
  return (
    <Modal open title={t(venue ? 'roster.rename' : 'roster.addRoom')} onCancel={onClose} onOk={form.submit} okText={t('common.save')} confirmLoading={isWorking}>
      {error && <ErrorNotice error={error} />}
      <Form<Values> form={form} layout="vertical" onFinish={save} initialValues={{ zh: venue?.name.zh ?? '', en: venue?.name.en ?? '', organisationId: venue?.organisationId ?? organisationId }}>
        <Form.Item name="zh" label={t('roster.roomZh')} rules={needed}><Input maxLength={80} data-testid="room-zh" /></Form.Item>
        <Form.Item name="en" label={t('roster.roomEn')} rules={needed}><Input maxLength={80} data-testid="room-en" /></Form.Item>
        <Form.Item name="organisationId" label={t('admin.organisation')} rules={needed}><Select disabled={venue !== null} options={organisations.map(({ id, name }) => ({ value: id, label: pick(name, language) }))} /></Form.Item>
      </Form>
    </Modal>
  );
}
