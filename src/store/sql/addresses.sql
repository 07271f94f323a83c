-- Addresses found by their ids, changed, and phone numbers as second factors.

-- An address of auth.users has the id that the profile names, or else one that was computed from the user's.

-- :users_by_address
SELECT #user_columns# #user_identities# #user_rare_parts# FROM #user_tables#
WHERE u.id IN (
  SELECT a.user_id FROM hecate.addresses a WHERE a.id = :address_id
  UNION ALL SELECT b.user_id FROM hecate.profiles b WHERE b.email_id = :address_id
  UNION ALL SELECT c.user_id FROM hecate.profiles c WHERE c.phone_id = :address_id
  UNION ALL SELECT d.id FROM auth.users d WHERE d.id = :owner_id)

-- :address_update write
UPDATE hecate.addresses SET verified_at = :verified_at, reserved = :reserved, updated_at = :updated_at WHERE id = :id

-- :phone_factor_insert write
INSERT INTO auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, phone)
VALUES (:id, :user_id, '', 'phone', 'verified', :created_at, :updated_at, :phone)
