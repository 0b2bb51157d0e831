"""The objects of a HubSpot account, and what is particular to each."""

from __future__ import annotations

from aac.records import record

MODIFIED = "hs_lastmodifieddate"
NO_ID = "0"
"""Less than the id of any record."""
MERGED = "hs_merged_object_ids"
"""The property that names the records which were merged into this one."""
STAGE_MOMENT = r"hs_(?:v2_)?date_entered_(.+)"
"""Calculated properties with the moment at which a stage was entered, and the id of the stage in their names."""


@record
class Thing:
    """An object. ``scopes``: what a token needs for it. ``modified``: the property that every change sets anew.

    ``usual``: properties of HubSpot's own that are read. ``followed``: properties whose changes are streams, and how
    those end: `deals_stage_changes`. ``linked``: objects of which each record names one, and in which column.
    ``paired``: others with which pairs are a stream, as those of ``linked`` are: `deals_contacts`.
    ``type``: of an activity, as the column `activity_type` says it. ``id``: what addresses call it, if not its name.
    """

    name: str
    scopes: tuple[str, ...]
    usual: tuple[str, ...] = ()
    followed: tuple[tuple[str, str], ...] = ()
    linked: tuple[tuple[str, str], ...] = ()
    paired: tuple[tuple[str, str], ...] = ()
    modified: str = MODIFIED
    type: str | None = None
    id: str = ""

    @property
    def place(self) -> str:
        """What addresses call it."""
        return self.id or self.name

    def changes(self) -> dict[str, str]:
        """The streams of changes by name, and the property of each."""
        return {f"{self.name}_{ending}_changes": property for property, ending in self.followed}

    def pairs(self) -> dict[str, tuple[str, str]]:
        """The streams of pairs by name, and of each the other object and the column that names its records."""
        return {f"{self.name}_{to}": (to, column) for to, column in (*self.linked, *self.paired)}


CONTACTS = ("crm.objects.contacts.read",)
OWNER = ("hubspot_owner_id", "owner")
COMPANY, CONTACT, DEAL = ("companies", "company_id"), ("contacts", "contact_id"), ("deals", "deal_id")
EVERYWHERE = ("createdate", "hubspot_owner_id", "hubspot_owner_assigneddate", "hs_object_source")
AT = ("hs_timestamp", "hs_createdate", "hubspot_owner_id", "hs_created_by_user_id", "hs_object_source")

STANDARD = (
    Thing(
        "contacts",
        CONTACTS,
        (
            *EVERYWHERE, "firstname", "lastname", "email", "jobtitle", "country", "associatedcompanyid",
            "lifecyclestage", "hs_lead_status", "hubspotscore", "hs_analytics_source", "hs_analytics_source_data_1",
            "hs_email_optout", "hs_lifecyclestage_lead_date", "hs_lifecyclestage_marketingqualifiedlead_date",
            "hs_lifecyclestage_salesqualifiedlead_date", "hs_lifecyclestage_opportunity_date",
            "hs_lifecyclestage_customer_date",
        ),
        (("lifecyclestage", "lifecycle"), ("hs_lead_status", "status"), OWNER),
        paired=(COMPANY,),
        modified="lastmodifieddate",
    ),
    Thing(
        "companies",
        ("crm.objects.companies.read",),
        (
            *EVERYWHERE, "name", "domain", "industry", "country", "state", "numberofemployees", "annualrevenue",
            "lifecyclestage", "hs_parent_company_id", "hs_analytics_source",
        ),
        (("lifecyclestage", "lifecycle"), OWNER),
    ),
    Thing(
        "deals",
        ("crm.objects.deals.read",),
        (
            *EVERYWHERE, "dealname", "dealstage", "pipeline", "amount", "closedate", "dealtype", "deal_currency_code",
            "hs_deal_stage_probability", "hs_manual_forecast_category", "hs_analytics_source",
            "hs_analytics_source_data_1", "closed_lost_reason", "closed_won_reason", "hs_next_step",
            "hs_is_closed", "hs_is_closed_won",
        ),
        (("dealstage", "stage"), ("amount", "amount"), ("closedate", "close_date"), OWNER),
        (COMPANY, CONTACT),
    ),
    Thing(
        "tickets",
        ("tickets",),
        (
            *EVERYWHERE, "subject", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category",
            "source_type", "first_agent_reply_date", "closed_date",
        ),
        (("hs_pipeline_stage", "stage"), OWNER),
        (COMPANY, CONTACT),
    ),
    Thing(
        "leads",
        ("crm.objects.leads.read",),
        ("hs_createdate", "hubspot_owner_id", "hs_lead_name", "hs_lead_type", "hs_lead_label", "hs_pipeline",
         "hs_pipeline_stage", "hs_lead_disqualification_reason"),
        (("hs_pipeline_stage", "stage"), OWNER),
        (COMPANY, CONTACT),
    ),
    Thing(
        "calls",
        CONTACTS,
        (*AT, "hs_call_direction", "hs_call_disposition", "hs_call_status", "hs_call_duration", "hs_call_source"),
        linked=(CONTACT, COMPANY, DEAL),
        type="call",
    ),
    Thing(
        "emails",
        (*CONTACTS, "sales-email-read"),
        (*AT, "hs_email_direction", "hs_email_status"),
        linked=(CONTACT, COMPANY, DEAL),
        type="email",
    ),
    Thing(
        "meetings",
        CONTACTS,
        (*AT, "hs_meeting_outcome", "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_source"),
        linked=(CONTACT, COMPANY, DEAL),
        type="meeting",
    ),
    Thing("notes", CONTACTS, AT, linked=(CONTACT, COMPANY, DEAL), type="note"),
    Thing(
        "tasks",
        CONTACTS,
        (*AT, "hs_task_status", "hs_task_type", "hs_task_priority", "hs_task_completion_date"),
        linked=(CONTACT, COMPANY, DEAL),
        type="task",
    ),
)  # fmt: skip
"""Those that every account has. Texts of mails, notes and calls are not among the usual properties: nobody measures
them, and they are full of people."""
PIPED = ("deals", "tickets", "leads")
"""Objects that move through pipelines."""
PIPED_BY = "hs_pipeline_stage"
"""The property of an account's own objects that tells the stage, if they move through pipelines too."""
OWNERS_SCOPE, CUSTOM_SCOPE = "crm.objects.owners.read", "crm.objects.custom.read"


def custom(name: str, id: str) -> Thing:
    """An object that the account defined itself."""
    usual = ("hs_createdate", "hubspot_owner_id", "hs_pipeline", PIPED_BY)
    followed = ((PIPED_BY, "stage"), OWNER)
    return Thing(name, (CUSTOM_SCOPE,), usual, followed, (COMPANY, CONTACT, DEAL), id=id)
