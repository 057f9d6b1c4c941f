#!/bin/sh
# Prints a card in the form of curl's -K, for the recipes that need one: it must
# not be among the arguments of a program, which every user of the machine can
# read.
#
#   CARD_NUMBER  default a card that the sandbox approves
#   EXPIRY       YYYY-MM
#   BIRTH        YYMMDD, or the business number of a company's card
#   PIN_HEAD     the first two digits of its PIN; by contract, "" for none
set -eu

field() {
    case $2 in *[!0-9-]*) printf 'card: %s may have digits and dashes only\n' "$1" >&2; exit 2 ;; esac
    [ -z "$2" ] || printf 'data-urlencode = "%s=%s"\n' "$1" "$2"
}
field card_number "${CARD_NUMBER:-5310-4400-1122-3347}"
field expiry "${EXPIRY:-2032-09}"
field birth "${BIRTH-880704}"
field pwd_2digit "${PIN_HEAD-31}"
