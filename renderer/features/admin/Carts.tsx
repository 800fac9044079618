import { PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select, Table } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { organisationIdSchema } from '#shared/domain/ids';
import { clockTime, pick } from '../../i18n/format.ts';
import type { AdminModel, CartRecord } from '../../state/adminModel.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

const TONES: Readonly<Record<CartRecord['state'], Tone>> = { new: 'neutral', awaitingEnrolment: 'caution', enrolled: 'good', revoked: 'neutral' };

export function Carts({ model }: { readonly model: AdminModel }) {
  const { t, language } = useText();
  const { carts, isWorking, enrolment } = useStore(model.store);
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<CartRecord | null>(null);
  const { wallMs } = useNow(10_000);
  useEffect(() => model.refreshCarts(), [model]);
  // An error belongs to the dialog it came up in.
  const show = (isShown: boolean) => {
    model.clearError();
    setCreating(isShown);
  };
  const nameOf = (cart: CartRecord) => pick(cart.name, language);

  return (
    <div className="hz-column">
      <div>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => show(true)} data-testid="add-cart">
          {t('admin.addCart')}
        </Button>
      </div>
      <Table<CartRecord>
        rowKey="id"
        size="middle"
        loading={carts === null && isWorking}
        dataSource={[...(carts ?? [])]}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 760 }}
        locale={{ emptyText: t('admin.noEntries') }}
        columns={[
          { title: t('admin.cartName'), key: 'name', render: (_, cart) => nameOf(cart) },
          { title: t('admin.organisation'), key: 'organisation', render: (_, cart) => pick(cart.organisationName, language) },
          { title: t('admin.state'), key: 'state', render: (_, cart) => <Chip tone={TONES[cart.state]}>{t(`admin.cartState.${cart.state}`)}</Chip> },
          { title: t('admin.lastSeen'), key: 'lastSeen', render: (_, cart) => (cart.lastSeenAtMs === null ? t('admin.never') : clockTime(cart.lastSeenAtMs, wallMs, language)) },
          {
            title: t('admin.actions'),
            key: 'actions',
            render: (_, cart) => (
              <div className="hz-row">
                <Button onClick={() => model.createEnrolmentCode(cart)} aria-label={t('admin.enrolNamed', { name: nameOf(cart) })} data-testid={`enrol-${cart.id}`}>
                  {t('admin.enrol')}
                </Button>
                {cart.state === 'enrolled' && (
                  <Button danger onClick={() => setAsked(cart)} aria-label={t('admin.revokeNamed', { name: nameOf(cart) })} data-testid={`revoke-${cart.id}`}>
                    {t('admin.revoke')}
                  </Button>
                )}
              </div>
            ),
          },
        ]}
      />
      {asked && (
        <ConfirmDialog
          isOpen
          isDangerous
          title={t('admin.revokeTitle', { name: nameOf(asked) })}
          text={t('admin.revokeText', { name: nameOf(asked) })}
          confirmLabel={t('admin.revoke')}
          confirmTestId="revoke-cart-confirm"
          onConfirm={() => {
            model.revokeCart(asked.id);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
      {enrolment && (
        <Modal open centered title={t('admin.enrolTitle', { name: nameOf(enrolment.cart) })} onCancel={model.putAwayEnrolment} mask={{ closable: false }} footer={<Button type="primary" onClick={model.putAwayEnrolment}>{t('common.close')}</Button>}>
          <p className="ad-code" data-testid="enrolment-code">
            {enrolment.code.slice(0, 4)} {enrolment.code.slice(4)}
          </p>
          <p>{t('admin.enrolHelp', { time: clockTime(enrolment.expiresAtMs, wallMs, language) })}</p>
        </Modal>
      )}
      {isCreating && <NewCartDialog model={model} onClose={() => show(false)} />}
    </div>
  );
}

interface Values {
  readonly nameZh: string;
  readonly nameEn: string;
  readonly organisationId: string;
}

function NewCartDialog({ model, onClose }: { readonly model: AdminModel; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { organisations, isWorking, error } = useStore(model.store);
  const [form] = Form.useForm<Values>();
  const needed = [{ required: true, message: t('settings.required') }];
  const create = ({ nameZh, nameEn, organisationId }: Values) =>
    void model.createCart({ name: { zh: nameZh, en: nameEn }, organisationId: organisationIdSchema.parse(organisationId) }).then((isDone) => (isDone ? onClose() : undefined));
  return (
    <Modal open title={t('admin.addCart')} onCancel={onClose} onOk={form.submit} okText={t('admin.create')} confirmLoading={isWorking}>
      {error && <ErrorNotice error={error} />}
      <Form<Values> form={form} layout="vertical" onFinish={create}>
        <Form.Item name="nameZh" label={t('admin.cartNameZh')} rules={needed}>
          <Input maxLength={80} data-testid="cart-name-zh" />
        </Form.Item>
        <Form.Item name="nameEn" label={t('admin.cartNameEn')} rules={needed}>
          <Input maxLength={80} data-testid="cart-name-en" />
        </Form.Item>
        <Form.Item name="organisationId" label={t('admin.organisation')} rules={needed}>
          <Select options={organisations.map(({ id, name }) => ({ value: id, label: pick(name, language) }))} data-testid="cart-organisation" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
