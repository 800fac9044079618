import { Button, Form, Input, Select } from 'antd';
import type { ReactNode } from 'react';
import { signInNameSchema, TIERS, type Tier } from '#shared/domain/people';
import type { FirstSetUpParams } from '#shared/protocol/session';
import { useText } from '../../ui/text.ts';

interface Values {
  readonly code: string;
  readonly organisationZh: string;
  readonly organisationEn: string;
  readonly tier: Tier;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly signInName: string;
  readonly password: string;
  readonly repeat: string;
}

/** On a server without accounts nobody can sign in: the screen asks for the first organisation and its administrator instead. */
export function FirstSetUp({ isWorking, refusal, onSubmit }: { readonly isWorking: boolean; readonly refusal: ReactNode; readonly onSubmit: (params: FirstSetUpParams) => void }) {
  const { t } = useText();
  const needed = [{ required: true, whitespace: true, message: t('settings.required') }];
  const submit = (values: Values) =>
    onSubmit({
      code: values.code.trim(),
      organisation: { name: { zh: values.organisationZh.trim(), en: values.organisationEn.trim() }, tier: values.tier },
      administrator: { signInName: values.signInName, name: { zh: values.nameZh.trim(), en: values.nameEn.trim() }, password: values.password },
    });
  return (
    <Form<Values> layout="vertical" requiredMark={false} size="large" onFinish={submit} initialValues={{ tier: TIERS[0] }} data-testid="first-set-up">
      <h2 className="si-subtitle">{t('setUp.title')}</h2>
      <p className="hz-muted si-intro">{t('setUp.intro')}</p>
      <Form.Item name="code" label={t('setUp.code')} extra={t('setUp.codeHelp')} rules={needed}>
        <Input autoFocus autoComplete="one-time-code" autoCapitalize="off" spellCheck={false} maxLength={40} placeholder="xxxx-xxxx-xxxx" data-testid="set-up-code" />
      </Form.Item>
      <h3 className="si-part">{t('setUp.organisation')}</h3>
      <div className="si-two">
        <Form.Item name="organisationZh" label={t('setUp.nameZh')} rules={needed}>
          <Input autoComplete="off" maxLength={80} data-testid="set-up-organisation-zh" />
        </Form.Item>
        <Form.Item name="organisationEn" label={t('setUp.nameEn')} rules={needed}>
          <Input autoComplete="off" maxLength={80} data-testid="set-up-organisation-en" />
        </Form.Item>
      </div>
      <Form.Item name="tier" label={t('setUp.tier')} extra={t('setUp.tierHelp')} rules={[{ required: true, message: t('settings.required') }]}>
        <Select options={TIERS.map((tier) => ({ value: tier, label: t(`tier.${tier}`) }))} data-testid="set-up-tier" />
      </Form.Item>
      <h3 className="si-part">{t('setUp.administrator')}</h3>
      <div className="si-two">
        <Form.Item name="nameZh" label={t('setUp.personZh')} rules={needed}>
          <Input autoComplete="off" maxLength={80} data-testid="set-up-name-zh" />
        </Form.Item>
        <Form.Item name="nameEn" label={t('setUp.personEn')} rules={needed}>
          <Input autoComplete="off" maxLength={80} data-testid="set-up-name-en" />
        </Form.Item>
      </div>
      <Form.Item name="signInName" label={t('signIn.name')} extra={t('admin.signInNameHelp')} rules={[{ validator: (_, value: unknown) => (signInNameSchema.safeParse(value).success ? Promise.resolve() : Promise.reject(new Error(t('admin.signInNameWrong')))) }]}>
        <Input autoComplete="username" autoCapitalize="off" spellCheck={false} maxLength={63} data-testid="set-up-sign-in-name" />
      </Form.Item>
      <div className="si-two">
        <Form.Item name="password" label={t('signIn.password')} extra={t('settings.passwordHelp')} rules={[{ required: true, message: t('settings.required') }]}>
          <Input.Password autoComplete="new-password" maxLength={200} data-testid="set-up-password" />
        </Form.Item>
        <Form.Item
          name="repeat"
          label={t('setUp.repeat')}
          dependencies={['password']}
          rules={[
            { required: true, message: t('settings.required') },
            // Nobody could help an only administrator who mistyped.
            ({ getFieldValue }) => ({ validator: (_, value: unknown) => (!value || value === getFieldValue('password') ? Promise.resolve() : Promise.reject(new Error(t('setUp.mismatch')))) }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} data-testid="set-up-repeat" />
        </Form.Item>
      </div>
      {/* Beside the button: the top of so long a form is out of sight when it is pressed. */}
      <div className="si-refusal">{refusal}</div>
      <Button type="primary" htmlType="submit" block loading={isWorking} data-testid="set-up-submit">
        {t('setUp.submit')}
      </Button>
    </Form>
  );
}
