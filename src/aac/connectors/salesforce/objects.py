"""The objects of an org that are read, and what is read of each beside the fields that the org made itself."""

from __future__ import annotations

from aac.records import record

ID, DELETED, CREATED = "Id", "IsDeleted", "CreatedDate"
STAMP = "SystemModstamp"
SOMEBODY = r"00[5G]\w{12}(?:\w{3})?"
"""The id of a user or a queue."""
CURSORS = (STAMP, "LastModifiedDate", CREATED)
"""By which moment changes are followed: the first of these that an object has."""


@record
class Thing:
    """An object. ``usual``: fields that every org has; ``maybe``: those that depend on how it is set up.

    ``is_history``: its records are changes of others, are never changed themselves and are kept when Salesforce
    forgets them. ``is_expected``: every org has it.
    """

    name: str
    usual: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    is_history: bool = False
    is_expected: bool = True


def _named(names: str) -> tuple[str, ...]:
    return tuple(names.split())


ACCOUNT = Thing(
    "Account",
    _named(
        "Id Name Type ParentId OwnerId Industry Website BillingCountry BillingState NumberOfEmployees AnnualRevenue "
        "AccountSource CreatedDate CreatedById LastActivityDate MasterRecordId"
    ),
    _named("RecordTypeId CurrencyIsoCode BillingCountryCode BillingStateCode IsPersonAccount"),
)
CONTACT = Thing(
    "Contact",
    _named(
        "Id AccountId Name Email Title Department OwnerId LeadSource ReportsToId HasOptedOutOfEmail CreatedDate "
        "CreatedById LastActivityDate MasterRecordId"
    ),
    _named("RecordTypeId CurrencyIsoCode"),
)
LEAD = Thing(
    "Lead",
    _named(
        "Id Name Company Email Title Status LeadSource OwnerId Country State Industry Rating NumberOfEmployees "
        "IsConverted ConvertedDate ConvertedAccountId ConvertedContactId ConvertedOpportunityId HasOptedOutOfEmail "
        "CreatedDate CreatedById LastActivityDate MasterRecordId"
    ),
    _named("RecordTypeId CurrencyIsoCode CountryCode StateCode FirstCallDateTime FirstEmailDateTime"),
)
OPPORTUNITY = Thing(
    "Opportunity",
    _named(
        "Id Name AccountId OwnerId StageName Amount Probability CloseDate Type LeadSource CampaignId ForecastCategory "
        "ForecastCategoryName IsClosed IsWon NextStep CreatedDate CreatedById LastActivityDate"
    ),
    _named("ContactId RecordTypeId CurrencyIsoCode LastStageChangeDate"),
)
TASK = Thing(
    "Task",
    _named(
        "Id WhoId WhatId OwnerId AccountId Status IsClosed ActivityDate TaskSubtype CallType CallDisposition "
        "CallDurationInSeconds IsArchived CreatedDate CreatedById"
    ),
    _named("CompletedDateTime Type RecordTypeId"),
)
EVENT = Thing(
    "Event",
    _named(
        "Id WhoId WhatId OwnerId AccountId ActivityDate StartDateTime EndDateTime DurationInMinutes EventSubtype "
        "IsChild IsArchived CreatedDate CreatedById"
    ),
    _named("Type RecordTypeId"),
)
USER = Thing(
    "User",
    _named("Id Name Email IsActive UserType UserRoleId ProfileId ManagerId Department Country CreatedDate"),
    _named("Division TimeZoneSidKey"),
)
CAMPAIGN = Thing(
    "Campaign",
    _named(
        "Id Name Type Status ParentId OwnerId StartDate EndDate BudgetedCost ActualCost ExpectedRevenue IsActive "
        "CreatedDate"
    ),
    _named("CurrencyIsoCode RecordTypeId"),
    is_expected=False,
)
CAMPAIGN_MEMBER = Thing(
    "CampaignMember",
    _named("Id CampaignId LeadId ContactId Status HasResponded FirstRespondedDate CreatedDate"),
    is_expected=False,
)
CHANGED = "Id IsDeleted CreatedById CreatedDate Field OldValue NewValue"
OPPORTUNITY_HISTORY = Thing(
    "OpportunityHistory",
    _named(
        "Id IsDeleted OpportunityId StageName Amount ExpectedRevenue CloseDate Probability ForecastCategory "
        "CreatedById CreatedDate"
    ),
    is_history=True,
)
HISTORIES = (
    Thing("AccountHistory", _named(f"{CHANGED} AccountId"), _named("DataType"), is_history=True),
    Thing("ContactHistory", _named(f"{CHANGED} ContactId"), _named("DataType"), is_history=True),
    Thing("LeadHistory", _named(f"{CHANGED} LeadId"), _named("DataType"), is_history=True),
    Thing("OpportunityFieldHistory", _named(f"{CHANGED} OpportunityId"), _named("DataType"), is_history=True),
)
THINGS = (
    ACCOUNT, CAMPAIGN, CAMPAIGN_MEMBER, CONTACT, EVENT, LEAD, OPPORTUNITY, OPPORTUNITY_HISTORY, TASK, USER, *HISTORIES,
)  # fmt: skip
"""Subjects, descriptions, telephone numbers and streets are not read: nobody measures them, and they are full of
people."""


def further(name: str) -> Thing:
    """An object that the settings name: all that it has."""
    is_history = name.endswith("History")
    return Thing(name, _named("Id CreatedDate"), is_history=is_history, is_expected=False)
